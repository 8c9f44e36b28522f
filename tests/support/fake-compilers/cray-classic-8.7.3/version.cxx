Cray C++ : Version 8.7.3  Wed Aug 15, 2018  10:02:51
