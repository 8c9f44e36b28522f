C     Proof of fortran.fixed-form: a C comment and a continuation by column 6 of a .f90 file
C     compile.
      PROGRAM FIXED
      INTEGER TOTAL
      TOTAL = 1 +
     1        2
      PRINT '(A)', 'a .f90 file is read as fixed form'
      IF (TOTAL .NE. 3) STOP 1
      END
