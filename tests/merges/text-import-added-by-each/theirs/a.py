import a
import c
import d


print(a, c)
