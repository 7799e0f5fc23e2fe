"""A stack of processes under one parent: started in order, stopped in order, and never left behind."""
