"""Amazon QuickSight as code, on a real account: data source, data set, dashboard, and its cost.

QuickSight is paid by the user and the month, so its cost is said before anything is made, and
nothing is made that was not confirmed. AWS calls it Amazon Quick Sight, a part of Amazon Quick,
today; its API, its ARNs and its commands are still named ``quicksight``.
"""
