"""`/partner`: where a partner's person begins: their company's integrations."""

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse

from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.signing.doors import PARTNERS_PLACE, Partner
from models.integration import Integration
from models.people import Partner as Company

router = APIRouter(include_in_schema=False)


@router.api_route(PARTNERS_PLACE, methods=READ)
def own(request: Request, reader: Partner) -> HTMLResponse:
    desk = desk_of(request)
    with desk.database.read() as session:
        company = session.get_one(Company, reader.partner_id)
        found = session.scalars(
            select(Integration).where(Integration.partner_id == company.id).order_by(Integration.name)
        ).all()
        return page("partner.html", time=desk.now(), company=company, integrations=found)
