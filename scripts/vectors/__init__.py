# The cases of docs/vectors, written by hand and independent of the code that they try.
