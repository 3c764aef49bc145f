# Yours: the roles and what they may do.
