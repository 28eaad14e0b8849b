one
two
three
four
<<<<<<< mine
mine
||||||| base (duostack VERSION)
five
=======
theirs
>>>>>>> theirs (duostack VERSION)
six
seven
eight
nine
ten
