"""Words by which a page shows what it is for, in the languages partners write in.

Each is common to pages of its kind, and serves no single site.
"""

import re


def _words(*alternatives: str) -> re.Pattern[str]:
    """Whole words, whatever their case; those of scripts beyond Latin stand anywhere, since not all have spaces."""
    spaced = "|".join(f"(?:{each})" for each in alternatives if not _is_beyond_latin(each))
    others = "|".join(f"(?:{each})" for each in alternatives if _is_beyond_latin(each))
    return re.compile(rf"\b(?:{spaced})\b" + (f"|{others}" if others else ""), re.IGNORECASE)


def _is_beyond_latin(words: str) -> bool:
    return any(letter.isalpha() and letter >= "Ͱ" for letter in words)


SET_UP = _words(
    r"set[ -]?up|setting up|install(?:ation|ing)?|configur\w+|connect(?:ing|ion)?|enabl\w+|activat\w+",
    r"integrat(?:e|ing)",
    r"getting started|get started|quick ?start|steps?|how to|how (?:do|can) (?:I|you|we)|prerequisites",
    r"requirements|add(?:ing)?",
    r"einricht\w+|installier\w+|konfigur\w+|verbind\w+|aktivier\w+|schritte?|voraussetzungen|anleitung",
    r"configur\w+|installer|connecter|connectez|activer|étapes?|prérequis|mise en place",
    r"conectar|conecta\w*|instala\w+|activar|ativar|pasos?|passos?|requisitos|instellen|installeren|koppelen",
    r"collega\w*|passaggi",
    r"(?:設定|連携|手順|インストール|配置|安装|集成|连接|설정|연동|настро|подключ|установ|интеграц)",
)
"""Headings of a page that tells how to set something up."""

INSTRUCTION = _words(
    r"click|press|select|navigate to|go to|head to|log ?in(?:to| to)|sign ?in(?:to| to)|copy|paste|enter",
    r"choose|pick|add|create",
    r"search for|enable|activate|open|toggle|turn on|switch on|configure|install|save|connect|use",
    r"klicken|wählen|öffnen|kopieren|einfügen|eingeben|fügen|aktivieren|erstellen|speichern",
    r"cliquez|choisissez|sélectionnez|ouvrez|copiez|collez|saisissez|ajoutez|activez|créez|enregistrez",
    r"haz clic|selecciona|abre|copia|pega|añade|busca|crea|guarda|clique|selecione|abra|copie|cole|adicione|salve",
    r"(?:クリック|選択|入力|開き|コピー|貼り付け|追加|有効に|点击|选择|输入|打开|复制|클릭|선택|입력|нажмите|выберите|откройте|введите|скопируйте)",
)
"""What it tells the reader to do."""

LISTING = _words(
    r"integrations?|intégrations|integrationen|integraciones|integrações|integrazioni|integraties|integrasjoner",
    r"partners?|partnerships?|partenaires|socios|parceiros|partner(?:n|innen)|marketplace|marktplatz|directory",
    r"ecosystem|catalogu?e?",
    r"connectors?|connections?|connecteurs|conectores|konnektoren|destinations?|(?:data )?sources?",
    r"app (?:store|directory|gallery|center)",
    r"add-?ons?|plug-?ins?|extensions?|works with|connect your (?:stack|tools|data)",
    r"(?:連携|インテグレーション|パートナー|集成|合作伙伴|연동|파트너|интеграци|партн[её]р)",
)
"""Titles and addresses of a page that lists integrations or partners."""

LISTING_FOLDER = re.compile(
    r"/(?:[\w-]+[_-])?(?:integrations?|intégrations|integrationen|integraciones|apps?|marketplace|"
    r"partners?|connectors?|connections?|"
    r"destinations?|sources?|plug-?ins?|extensions?|add-?ons?|catalogu?e?|directory|ecosystem)(?:/[\w-]+)?/$",
    re.IGNORECASE,
)
"""The folder of an address in which the pages of integrations stand."""

FEATURE_FOLDER = re.compile(
    r"/(?:products?|features?|platform|solutions?|use-?cases?|capabilities|modules?)(?:/[\w-]+)?/$", re.IGNORECASE
)
"""The folder of an address in which a company tells what its own product does."""

ANNOUNCEMENT = _words(
    r"announc\w+|introduc\w+|launch\w*|excited|thrilled|delighted|happy to|pleased to|proud to|new integration",
    r"(?:now|today) (?:available|supports?|integrates?)|today we|meet the|partner(?:ed|ing|s|ship)? with|joins?",
    r"jetzt verfügbar|ab sofort|wir freuen uns|neu:|nous sommes (?:ravis|heureux)|annon\w+|désormais",
    r"nos complace|anunci\w+|ya disponible|já disponível",
    r"(?:お知らせ|発表|開始しました|发布|推出|출시|рады)",
)
"""How a launch is told."""

INTEGRATES = _words(
    r"intégra\w+|integra\w+|connect\w*|conect\w+|sync\w*|destinations?|sources?|partner\w*|verbind\w*",
    r"verbunden|koppel\w*",
    r"(?:連携|統合|集成|连接|연동|интегр|подключ)",
)
"""That two products work together."""

ASIDE = _words(
    r"alternatives?|vs\.?|versus|compar\w+|competitors?|competes?|migrat\w+|switch(?:ing)? from",
    r"mov(?:e|ed|ing) (?:away )?from",
    r"leaving|replac\w+|compatible|what(?:['’]s| is)|explained|reviews?|pricing|acquir\w+|acquisition",
    r"case stud(?:y|ies)",
    r"customer stor(?:y|ies)|webinar|podcast|interview|careers?|jobs?",
    r"alternativen?|vergleich|wechsel\w*|comparatif|alternativas?|comparación|comparação|migrer|migrar",
)
"""Titles that name the marketplace for another reason: to compare, to leave, to explain it, or to tell of it."""

OWN_STEPS = re.compile(
    r"(?:collect|capture|unify|engage|automate|personali[sz]e|analy[sz]e|measure|target|activate|"
    r"orchestrate|optimi[sz]e|convert|retain)",
    re.IGNORECASE,
)
"""What companies say they do with what they know, one word a tile."""
