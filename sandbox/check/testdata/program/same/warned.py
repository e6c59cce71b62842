import warnings
warnings.warn("careful")
warnings.warn("old", DeprecationWarning)
print(warnings.filters)
x = 1 is 1
