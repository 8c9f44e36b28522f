#include <assert.h>

/* The scalar product of two vectors. */
static double dot(int n, const double *x, const double *y) {
  double sum = 0;
  assert(n >= 0);
  for (int i = 0; i < n; i++)
    sum += x[i] * y[i];
  return sum;
}

int main(void) {
  const double x[3] = {1, 2, 3}, y[3] = {4, 5, 6};
  return dot(3, x, y) == 32 ? 0 : 1;
}
