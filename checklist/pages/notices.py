"""How servers, sellers and gatekeepers word the notices they show instead of a page, in the languages of the web.

Each phrase is one that many sites use. Three strengths, since an article may speak of the same things:
ENTIRE is the whole of a title or heading; SAID stands anywhere on a page of few words; ADDRESSED speaks to the
visitor about the page they asked for, and counts on longer pages too.
"""

import re
from collections.abc import Iterable, Iterator


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in alternatives), re.IGNORECASE)


_PART = re.compile(r"\s*[|·・•–—»›‹…!。！]+\s*|\s+-\s+|[.:]\s+|\.$")
_NOT = r"(?:n['’]t| ?not)"
_IS = r"(?: is| was| has been)?"
LONGEST_TITLE = 300
"""Characters of a title that are looked at; a notice comes first and is short."""


def parts_of(*titles: str) -> Iterator[str]:
    """The parts a title is made of, such as the page's and the site's."""
    for title in titles:
        yield from (part.strip(" ,?'\"“”()#") for part in _PART.split(title[:LONGEST_TITLE]) if part.strip())


def is_entirely(notice: re.Pattern[str], titles: Iterable[str]) -> bool:
    """Whether a part of a title is the notice and nothing else."""
    return any(notice.fullmatch(part) for part in parts_of(*titles))


# --- who may come in ----------------------------------------------------------------------------------------

BOT_ENTIRE = _any(
    r"just a moment|(?:please wait|one moment)(?:,? please)?|one more step|attention required",
    rf"(?:your )?(?:access|request|connection)(?: to this (?:page|site|website|resource))?{_IS} "
    r"(?:denied|blocked|rejected|limited|unsuccessful|forbidden)(?: by .{1,40})?",
    r"access (?:denied|restricted)|forbidden|unauthorized|authorization required|too many requests",
    r"(?:http )?(?:error )?(?:401|403|405|407|429|451)(?: (?:error|forbidden|unauthorized|method|not allowed|too many|"
    r"authori[sz]ation|authentication|proxy|access|unavailable)\b.{0,30})?",
    r"(?:sorry, )?you(?:['’]ve| have) been blocked|pardon our interruption|rate limited|you are being rate limited",
    r"(?:checking|verifying) your browser(?: before .{1,60})?|ddos(?: |-)(?:protection|guard)(?: by .{1,40})?",
    r"(?:security|human|browser|robot|bot|client) (?:check|checkpoint|challenge|verification)(?: screen)?",
    r"(?:.{0,20}\b)?captcha(?: page)?",
    r"(?:please )?(?:verify(?:ing)?|confirm(?:ing)?|making sure|make sure|prove) (?:that )?you(?:['’]re| are) "
    r"(?:a |an )?(?:human|person|not a (?:ro)?bot)(?: being)?",
    r"are you (?:a )?(?:human|person|robot|bot)|(?:ro)?bot or human|human or (?:ro)?bot",
    r"unavailable (?:for|due to) legal reasons|not available in your (?:country|region)",
    r"(?:unsupported browser|your browser is (?:not supported|out of date))",
    r"(?:the )?request (?:could not be satisfied|is blocked)",
    r"(?:nur )?einen moment(?: bitte)?|zugriff verweigert|sicherheits(?:über)?prüfung",
    r"un instant|accès (?:refusé|interdit)|vérification de (?:la )?sécurité",
    r"un momento|acceso denegado|verificación de seguridad|um momento|acesso negado",
    r"un attimo|accesso negato|een (?:moment|ogenblik)(?: geduld)?|toegang geweigerd",
    r"しばらくお待ちください|アクセスが拒否されました|请稍候|访问被拒绝|доступ (?:запрещ[её]н|ограничен)",
)
BOT_SAID = _any(
    r"\bchecking your browser|\bincident id|\brequest unsuccessful|\bray[ -]id\b|\breference (?:id|#)|\bsupport id\b",
    r"\bsecurity (?:check\b|(?:service|solution) to protect)|\b(?:solve|complet\w+) (?:the|this|a) (?:captcha|puzzle)",
    r"\b(?:verify|confirm|check)(?:ing)? (?:that )?you(?:['’]re| are) (?:a )?human|\bnot a (?:ro)?bot\b",
    r"you(?:['’]re| are|r? were) a (?:ro)?bot\b",
    r"\b(?:unusual|suspicious) (?:traffic|activity)|\bautomat(?:ed|ion) (?:tools|access|requests|queries)",
    r"\btoo many requests",
    r"\benable (?:js|javascript|cookies)\b|\bad ?blockers?\b",
    r"\b(?:javascript|cookies) (?:is|are) (?:disabled|required|not available)",
    r"\brequest(?:ed url)? (?:was|has been|is) (?:rejected|blocked)|\b(?:don['’]t|do not) have (?:permission|access)",
    r"\bnot available in your (?:country|region)|\byour browser is not supported|\b(?:unsupported|supported) browser",
    r"\bkein (?:ro)?bot|\bob sie ein mensch|\bvous êtes (?:un )?humain|\beres (?:un )?humano|\bé humano",
)
CONSENT_ENTIRE = _any(
    r"before you continue(?: to .{1,40})?|age (?:verification|check)|are you (?:over|at least) \d\d|redirect notice",
    r"bevor sie (?:zu .{1,40} )?(?:weitergehen|fortfahren)",
    r"avant (?:d['’]accéder|de continuer)(?: .{1,40})?",
)
CONSENT_SAID = _any(
    r"\b(?:accept|reject|refuse|decline) all\b",
    r"\ballen? (?:cookies )?(?:zustimmen|akzeptieren|ablehnen)\b|\btout (?:accepter|refuser)\b",
)
LOGIN_ENTIRE = _any(
    r"(?:.{1,40}\b)?(?:log|sign)[ -]?in(?:g in)?(?: (?:to|with|page|required)\b.{0,60})?|single sign-on|welcome back",
    r"(?:please )?(?:log|sign)[ -]?in to (?:continue|view|access).{0,40}",
    r"you (?:must|need to) (?:be logged|log|sign) in.{0,60}",
    r"(?:password )?protected(?: (?:page|site|post|content))?|members only|(?:request|you need) access",
    r"authentication required",
    r"(?:.{1,30}\b)?(?:anmelden|anmeldung|einloggen)(?: .{0,30})?|(?:se )?connexion",
    r"(?:se connecter|connectez-vous)(?: .{0,40})?|identification",
    r"(?:iniciar|inicia) sesión(?: .{0,40})?|acceder|entrar|entre na sua conta|fazer login|accedi|inloggen",
    r"logga in|ログイン|登录|войти|вход",
)
LOGIN_SAID = _any(
    r"\b(?:must|need to|have to|please) (?:be logged|log|sign)[ -]?in\b|\byou are not (?:signed|logged) in",
    r"\bthis content is (?:password )?protected",
    r"\bonly (?:visible|available) to (?:authenticated|logged|signed|members|customers)",
)

# --- no such page -------------------------------------------------------------------------------------------

GONE_ENTIRE = _any(
    r"(?:(?:oops|sorry|uh oh|http|status|error|fehler|erreur|errore|code|page|file|site|url|this|the|that|"
    r"is|was|could|not|be|found|404|410|or directory)"
    r"\b[\s,:#_-]*)*(?:not[ _]found|404|410)"
    r"(?:[\s,:_-]*\b(?:error|sorry|oops|page|not|found|gone|file|or directory))*",
    r"(?:this|the) page has (?:been )?(?:permanently )?(?:re)?moved.{0,40}",
    r"(?:sorry,? )?there['’]s nothing here.{0,20}",
    rf"(?:sorry,? |oops,? )?(?:we )?(?:ca|can|could){_NOT} find (?:the|this|that) "
    r"(?:page|site|file|article).{0,40}",
    rf"(?:sorry,? |oops,? )?(?:this|that|the) (?:page|site|link|article|content|shop|url)(?: you.{{1,40}})? "
    rf"(?:(?:does|could|ca|can|is|was){_NOT} (?:be )?(?:exist|found|available|here)|"
    r"is (?:currently |no longer )?(?:unavailable|available|missing)).{0,40}",
    r"(?:page|site|file|content) (?:is )?missing|(?:page|article) (?:archived|deleted|removed|unavailable)",
    r"no such (?:page|file|app|bucket)",
    r"seite (?:wurde )?nicht gefunden",
    r"(?:diese|die) seite (?:konnte nicht gefunden werden|existiert (?:leider )?nicht(?: mehr)?|gibt es nicht)",
    r"(?:cette )?page (?:est )?(?:introuvable|non trouvée)|página no encontrada|página não encontrada",
    r"pagina non trovata|pagina niet gevonden|deze pagina bestaat niet",
    r"(?:お探しの)?ページ[がは]?見つかりません(?:でした)?|页面不存在|找不到(?:页面|頁面)",
    r"페이지를 찾을 수 없습니다|страница не найдена",
    r"nie znaleziono strony|sidan (?:kunde inte hittas|finns inte|hittades inte)",
    r"siden (?:blev ikke|ble ikke) funnet|sayfa bulunamadı",
)
GONE_BEGINS = _any(r"(?:http |error )?404\b.*")
"""Enough for the title of a short page; a longer one may tell of 404 ways to grow."""
GONE_SAID = _any(
    r"(?<![\w.])40[49](?!\w)|\bnot found\b|\bno longer (?:exists?|available)\b|\bpage (?:is )?missing\b",
    r"\bcannot (?:get|post) /",
    rf"\b(?:page|site|file|content|resource|url|document|bucket|key|deployment|domain)\b.{{0,20}}"
    rf"\b(?:does{_NOT} exist|can?{_NOT} be found)",
    r"\bnosuch(?:bucket|key)\b|\bunknown domain\b|\bno route matched\b|\bthere['’]s nothing here\b",
    r"\bnothing to see here\b",
)
GONE_ADDRESSED = _any(
    r"\b(?:you(?:['’]re| are| were|['’]ve)? (?:looking for|trying to (?:reach|view|open|visit|access)|"
    r"requested|seeking|searching for|entered|followed|clicked))\b[^.!?]{0,80}"
    rf"\b(?:(?:does|do|could|ca|can|is|was|are){_NOT} (?:be |currently )?(?:exist|found|here|available)|no longer|"
    r"(?:been|be|was|were|has) (?:permanently )?(?:re)?(?:moved|named)|never existed|deleted|broken|"
    r"unavailable|missing)",
    r"\brequested (?:page|url|address|resource|file|document)\b[^.!?]{0,60}"
    r"\b(?:not (?:be )?found|does not exist|doesn['’]t exist)",
    r"\berror 404\b",
    rf"\b(?:(?:ca|can|could){_NOT}|unable to)(?: seem to)? find "
    r"(?:the|that|this|what)\b[^.!?]{0,30}\b(?:you|page)\b",
    r"\b(?:gesuchte|angeforderte|aufgerufene|gewünschte) (?:seite|inhalt)\b[^.!?]{0,80}\b(?:nicht|leider)\b",
    r"\bpage (?:que vous (?:re)?cherchez|demandée)\b[^.!?]{0,60}\b(?:n['’]existe|n['’]est|introuvable|pas)\b",
    r"\bpágina (?:que (?:você )?(?:buscas?|busca|procura|está buscando)|solicitada)\b[^.!?]{0,60}\b(?:no|não)\b",
    r"\bpagina (?:che (?:cerchi|stai cercando)|richiesta)\b[^.!?]{0,60}\bnon\b",
    r"\bpagina die (?:je|u) zoekt\b[^.!?]{0,60}\bniet\b",
    r"(?:お探しの|指定された)ページ[^。]{0,20}(?:見つかり|存在し)|您(?:访问|查找|要找)的页面[^。]{0,10}(?:不存在|找不到)",
)

# --- nothing at this address --------------------------------------------------------------------------------

_SALE = rf"(?:is|are|may be|available){_IS} (?:parked|for (?:sale|purchase))"
PARKED_ENTIRE = _any(
    rf"(?:the |this )?(?:premium )?(?:domain(?: name)? )?(?:[\w-]+\.)*[\w-]* ?{_SALE}(?: .{{0,30}})?",
    r"domain (?:name )?(?:for sale|expired|parking)",
    r"parked domain(?: name)?(?: .{1,40})?|(?:[\w-]+\.)+\w+ registered at .{1,40}",
    r"(?:die domain )?(?:[\w-]+\.)+\w+ steht zum verkauf|domain im kundenauftrag registriert",
)
PARKED_SAID = _any(
    rf"\bdomain(?: name)?(?: [\w.-]+)? {_SALE}\b|\bweb ?page is parked\b|\bparked (?:free|for free|domain)\b",
    r"\b(?:buy|purchase|inquire about|make an offer on|interested in) this domain\b|\bthis domain has expired\b",
    r"\bthis domain(?: name)?(?: is| was| has)?(?: just| recently| been)* (?:registered|expired)\b",
    r"\bdomain\b[^.!?]{0,40}\bregistered (?:at|with|by|through) \w|\bdomain parking\b",
    r"\bsponsored listings? displayed\b|\bdomain broker\b|\bthis premium domain\b|\bdomain(?: name)? expired on\b",
    r"\b(?:diese|die) domain\b[^.]{0,40}\b(?:kaufen|verkauf|registriert)",
    r"\bce (?:nom de )?domaine\b[^.]{0,40}\b(?:à vendre|réservé|enregistré)",
)
"""A partner is told that their website is parked, so only what sellers say of the very domain."""

# --- not just now -------------------------------------------------------------------------------------------

DOWN_ENTIRE = _any(
    r"(?:http )?(?:error )?(?:500|502|503|504|52\d|530)(?: (?:error|internal|bad|service|gateway|server|connection|"
    r"origin|web)\b.{0,40})?|error",
    r"(?:internal |runtime )?server error|runtime error|application error",
    r"bad gateway|service (?:is )?(?:temporarily )?(?:unavailable|suspended)|gateway time-?out|database error",
    r"origin dns error",
    r"(?:(?:site|website|scheduled|system|under|down for|in) )?maintenance(?: mode)?",
    r"we(?:['’]ll| will) be (?:right )?back(?: soon| shortly)?",
    r"(?:(?:we['’]re|we are) sorry,? but |oops,? |sorry,? )?something went wrong(?: \(500\))?",
    r"(?:this )?(?:account|site|website) (?:has been )?suspended",
    r"wartungsarbeiten|(?:site )?en maintenance|en mantenimiento|em manutenção|メンテナンス中|technische störung",
)
DOWN_SAID = _any(
    r"\bapplication error\b|\bbad gateway\b|\bservice (?:is )?(?:temporarily )?unavailable\b",
    r"\b(?:internal )?server error\b|\bgateway time-?out\b",
    r"\btemporarily unavailable\b|\berror establishing a database connection\b",
    r"\bbe (?:right )?back (?:soon|shortly|online)\b|\bcritical error on this\b",
    r"(?:\bdown for|\bunder|\bsite|\bscheduled|\bperforming (?:some )?) ?maintenance\b",
    r"\bsomething went wrong\b|\bfatal error\b|\b(?:upstream|healthy upstream)\b",
    r"\bencountered (?:a temporary|an internal) error\b|\b(?:is|been) (?:currently )?(?:stopped|suspended)\b",
    r"\bhas crashed\b",
)

# --- nothing yet --------------------------------------------------------------------------------------------

EMPTY_ENTIRE = _any(
    r"welcome to (?:nginx|openresty|caddy|apache|iis)\b.{0,20}|apache2?\b.{0,20}default page|it works",
    r"caddy works|powered by jetty.{0,20}",
    r"(?:http server )?test page (?:for|powered by)\b.{0,60}|apache tomcat.{0,10}|iis windows(?: server)?",
    r"testing 123",
    r"(?:web server['’]s )?default (?:web ?site |server |welcome )?page|just another wordpress site",
    r"the install worked successfully|hello world",
    r"(?:index of|directory listing for) /.{0,80}|(?:301|302) (?:moved|found).{0,30}|object moved|moved permanently",
)
SOON_ENTIRE = _any(r"(?:site |website )?(?:coming|opening) soon|under construction|redirecting")
