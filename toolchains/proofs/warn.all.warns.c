/* Proof of warn.all: an unused variable is reported. */
int main(void)
{
    int unused;

    return 0;
}
