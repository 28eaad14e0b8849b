import a
import b
import c


print(a, b, c)
