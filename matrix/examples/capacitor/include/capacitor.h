/* The capacitance of two equal, parallel, coaxial discs with opposite charges, by
 * Love's integral equation on the points of a Gauss-Legendre rule:
 *
 *     f(x) - 1/pi * integral of  gap / (gap^2 + (x - y)^2) f(y)  over y in [-1, 1]  =  1
 *
 * Lengths are in units of the discs' radius. */
#ifndef CAPACITOR_H
#define CAPACITOR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Points and weights of the rule of n points on [-1, 1], in ascending order. */
void capacitor_nodes(int n, double x[], double w[]);

/* The equation's matrix on these points, symmetric and positive definite: n by n,
 * by columns, scaled by the roots of the weights on both sides. (Fortran.) */
void capacitor_assemble(int n, double gap, const double x[], const double w[], double a[]);

/* Solves a x = b by conjugate gradients until the residual is below tolerance times b.
 * Answers how many steps it took, or -1 if that is more than n. */
int capacitor_solve(int n, const double a[], const double b[], double x[], double tolerance);

/* The capacitance of discs that are gap apart, in units of 4 epsilon_0 radius;
 * below zero if memory ran out or the equation was not solved. */
double capacitor_capacitance(double gap, int n);

/* How many threads a parallel region really has that asks for so many: in the part
 * that is written in C, and in that in Fortran. */
int capacitor_threads_c(int wanted);
int capacitor_threads_fortran(int wanted);

#ifdef __cplusplus
}
#endif
#endif
