import a
import c


print(a, c)
