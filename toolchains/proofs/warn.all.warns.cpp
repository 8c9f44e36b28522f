// Proof of warn.all: an unused variable is reported.
int main()
{
    int unused;

    return 0;
}
