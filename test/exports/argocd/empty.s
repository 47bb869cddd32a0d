// Lets Go compile a function without a body: see activeAt.
