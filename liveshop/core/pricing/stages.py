"""The stages from the list price to what a buyer owes, in their order.

    list → unit → lines → codes → gifts → goods → delivery → duties → tax → tip → due

Redis' clock fixes the list price and the unit's when units are reserved: a line comes with both.
Goods are an order's total. The stage of the delivery says which offer makes it free. Nothing is
charged for it yet, nor for duties, tax and tip: what is due are the goods.
"""

from typing import Final

LINES: Final = "lines"
CODES: Final = "codes"
GIFTS: Final = "gifts"
DELIVERY: Final = "delivery"
DUTIES: Final = "duties"
TAX: Final = "tax"
TIP: Final = "tip"
