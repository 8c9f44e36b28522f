! The matrix of Love's equation.
module capacitor_assembly
  use, intrinsic :: iso_c_binding, only: c_int, c_double
  !$ use omp_lib, only: omp_set_dynamic
  implicit none
  private

  real(c_double), parameter :: pi = 3.14159265358979323846_c_double

contains

  ! With the roots of the weights on both sides the matrix is symmetric.
  subroutine capacitor_assemble(n, gap, x, w, a) bind(C)
    integer(c_int), value :: n
    real(c_double), value :: gap
    real(c_double), intent(in) :: x(n), w(n)
    real(c_double), intent(out) :: a(n, n)
    integer :: i, j

    !$omp parallel do private(i) schedule(static)
    do j = 1, n
      do i = 1, n
        a(i, j) = -sqrt(w(i) * w(j)) * gap / (pi * (gap**2 + (x(i) - x(j))**2))
      end do
      a(j, j) = a(j, j) + 1
    end do
    !$omp end parallel do
  end subroutine

  function capacitor_threads_fortran(wanted) result(threads) bind(C)
    integer(c_int), value :: wanted
    integer(c_int) :: threads

    threads = 0
    !$ call omp_set_dynamic(.false.)
    !$omp parallel num_threads(wanted)
    !$omp atomic
    threads = threads + 1
    !$omp end parallel
  end function

end module
