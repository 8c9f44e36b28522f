//! Everything that is seen from outside: the command, the shipped data, and
//! real compilers.

mod data;
mod support;
