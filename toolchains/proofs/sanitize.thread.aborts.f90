! expect: data race
! Proof of sanitize.thread: two POSIX threads count in one variable without a lock.
module race_work
  use, intrinsic :: iso_c_binding
  implicit none
  integer :: counter = 0

  interface
    function pthread_create(thread, attributes, start, argument) result(status) &
        bind(c, name='pthread_create')
      import :: c_int, c_intptr_t, c_ptr, c_funptr
      integer(c_intptr_t), intent(out) :: thread
      type(c_ptr), value :: attributes
      type(c_funptr), value :: start
      type(c_ptr), value :: argument
      integer(c_int) :: status
    end function pthread_create

    function pthread_join(thread, returned) result(status) bind(c, name='pthread_join')
      import :: c_int, c_intptr_t, c_ptr
      integer(c_intptr_t), value :: thread
      type(c_ptr), value :: returned
      integer(c_int) :: status
    end function pthread_join
  end interface

contains

  function work(argument) result(returned) bind(c)
    type(c_ptr), value :: argument
    type(c_ptr) :: returned
    integer :: i

    do i = 1, 1000
      counter = counter + 1
    end do
    returned = argument
  end function work

end module race_work

program sanitize_proof
  use, intrinsic :: iso_c_binding
  use race_work
  implicit none
  integer(c_intptr_t) :: first
  integer(c_intptr_t) :: second
  integer(c_int) :: status

  status = pthread_create(first, c_null_ptr, c_funloc(work), c_null_ptr)
  status = status + pthread_create(second, c_null_ptr, c_funloc(work), c_null_ptr)
  if (status == 0) then
    status = pthread_join(first, c_null_ptr)
    status = pthread_join(second, c_null_ptr)
  end if
  print '(a,i0)', 'not reported: counter ', counter
end program sanitize_proof
