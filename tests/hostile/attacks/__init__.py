"""Every attack there is, by its name."""

from typing import Final

from tests.hostile.attacks import addresses, descriptors, sockets, square, visitors
from tests.hostile.attacks.ground import Attack

ATTACKS: Final[dict[str, Attack]] = {
    attack.name: attack
    for module in (sockets, descriptors, square, visitors, addresses)
    for attack in module.ATTACKS
}
