"""The carriers whose pages about a parcel are known: a link is made of the number of the parcel."""

from typing import Final
from urllib.parse import quote

# By the letters and digits of the carrier's name. Carriers change their addresses: a merchant may
# always give a link of its own.
_PAGES: Final = {
    "acs": "https://www.acscourier.net/el/myacs/anafores-apostolwn/anazitisi-apostolwn/"
    "?trackingNumber={}",
    "anpost": "https://www.anpost.com/Post-Parcels/Track/History?item={}",
    "aramex": "https://www.aramex.com/track/results?ShipmentNumber={}",
    "australiapost": "https://auspost.com.au/mypost/track/details/{}",
    "austrianpost": "https://www.post.at/sv/sendungsdetails?snr={}",
    "bpost": "https://track.bpost.cloud/btr/web/#/search?itemCode={}",
    "bring": "https://tracking.bring.com/tracking/{}",
    "canadapost": "https://www.canadapost-postescanada.ca/track-reperage/en#/details/{}",
    "cdek": "https://www.cdek.ru/ru/tracking?order_id={}",
    "chronopost": "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={}",
    "colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "correos": "https://www.correos.es/es/es/herramientas/localizador/envios/detalle"
    "?tracking-number={}",
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "dhlpaket": "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={}",
    "dpd": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "econt": "https://www.econt.com/services/track-shipment/{}",
    "elta": "https://www.elta-courier.gr/search?br={}",
    "eltacourier": "https://www.elta-courier.gr/search?br={}",
    "evri": "https://www.evri.com/track/parcel/{}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "genikitaxydromiki": "https://www.taxydromiki.com/track/{}",
    "gls": "https://gls-group.com/track/{}",
    "inpost": "https://inpost.pl/sledzenie-przesylek?number={}",
    "japanpost": "https://trackings.post.japanpost.jp/services/srv/search/direct"
    "?reqCodeNo1={}&locale=en",
    "laposte": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "novaposhta": "https://novaposhta.ua/tracking/?cargo_number={}",
    "pocztapolska": "https://emonitoring.poczta-polska.pl/?numer={}",
    "posteitaliane": "https://www.poste.it/cerca/index.html#/risultati-spedizioni/{}",
    "posti": "https://www.posti.fi/en/tracking#/lahetys/{}",
    "postnord": "https://portal.postnord.com/tracking/details/{}",
    "ppl": "https://www.ppl.cz/vyhledat-zasilku?shipmentId={}",
    "royalmail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "russianpost": "https://www.pochta.ru/tracking?barcode={}",
    "speedex": "https://speedex.gr/speedex/NewTrackAndTrace.aspx?number={}",
    "speedy": "https://www.speedy.bg/en/track-shipment?shipmentNumber={}",
    "swisspost": "https://service.post.ch/ekp-web/ui/entry/search/{}",
    "tnt": "https://www.tnt.com/express/en_gb/site/shipping-tools/tracking.html"
    "?searchType=con&cons={}",
    "ukrposhta": "https://track.ukrposhta.ua/tracking_EN.html?barcode={}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}


def link_of(carrier: str, tracking: str) -> str | None:
    """Return where a carrier tells of a parcel, None for one that is not known.

    The name is compared by its letters and digits: “Royal Mail” is “royal-mail”.
    """
    page = _PAGES.get("".join(filter(str.isalnum, carrier.casefold())))
    return None if page is None else page.format(quote(tracking, safe=""))
