# Yours: the function, its schedule and who may invoke it.
