! Proof of warn.error, first part: a program without a warning builds.
program warn_proof
  implicit none

  print '(a)', 'a program without a warning builds'
end program warn_proof
