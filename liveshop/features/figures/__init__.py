"""The figures of a show: who watched, what was looked at, what was sold, and when."""

from liveshop.core.errors import NotFound
from liveshop.core.feature import Feature
from liveshop.engine.rooms.stills import Still
from liveshop.features.figures.http import operations
from liveshop.features.figures.room import Sampler
from liveshop.features.figures.rules import NAME, SavePlan, ViewProduct
from liveshop.features.figures.store import copied_plan, save_plan


def _refuse_unknown_product(still: Still, command: ViewProduct) -> None:
    if command.product_id not in still.product_ids:
        raise NotFound("product", command.product_id)


FIGURES = Feature(
    name=NAME,
    commands=(ViewProduct,),
    room=Sampler,
    still={ViewProduct: _refuse_unknown_product},
    writers={SavePlan: save_plan},
    copied=copied_plan,
    operations=operations,
)
