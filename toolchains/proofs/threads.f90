! Proof of threads: a POSIX thread is created, runs and is joined.
module threads_work
  use, intrinsic :: iso_c_binding
  implicit none
  integer, volatile :: seen = 0

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

    seen = 42
    returned = argument
  end function work

end module threads_work

program threads_proof
  use, intrinsic :: iso_c_binding
  use threads_work
  implicit none
  integer(c_intptr_t) :: thread

  if (pthread_create(thread, c_null_ptr, c_funloc(work), c_null_ptr) /= 0) stop 1
  if (pthread_join(thread, c_null_ptr) /= 0) stop 1
  print '(a)', 'a thread ran and was joined'
  if (seen /= 42) stop 1
end program threads_proof
