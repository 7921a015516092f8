// Never gets to its messages.
for (;;) {}
