import a
import b
import c
import d


print(a, b, c)
