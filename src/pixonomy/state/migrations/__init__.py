"""How the state's database came to be as it is: one step for each release that changed it."""
