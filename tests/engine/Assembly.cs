using Xunit;

// The suite watches what is left behind in the process and on the machine, so one test runs at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
