using System;
using System.Management.Automation;
using System.Numerics;

namespace PSSharedMemory.Commands;

/// <summary>Changes a value atomically; its value before.</summary>
[Cmdlet(VerbsData.Update, "ShmValue", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(int), typeof(uint), typeof(long), typeof(ulong))]
public sealed class UpdateShmValueCommand : AtomicTargetCmdlet
{
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Add { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Exchange { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? CompareExchange { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Comparand { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? And { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Or { get; set; }

    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Xor { get; set; }

    [Parameter]
    public SwitchParameter Wake { get; set; }

    private protected override string[] Choices =>
        [nameof(Add), nameof(Exchange), nameof(CompareExchange), nameof(And), nameof(Or), nameof(Xor)];

    private protected override bool IsComplete =>
        MyInvocation.BoundParameters.ContainsKey(nameof(CompareExchange)) == MyInvocation.BoundParameters.ContainsKey(
            nameof(Comparand));

    private protected override string Completion => ", and -Comparand with -CompareExchange only";

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected override void Serve<T>(ShmMapping mapping)
    {
        var update = Operation<T>(mapping);
        if (!ShouldProcess(mapping.Segment.Label, $"Update {Scalar} at offset {Place} ({Choice})"))
        {
            return;
        }

        var old = update();
        if (Wake)
        {
            ShmAtomics.Wake(mapping, Place);
        }

        WriteObject(old);
    }

    /// <summary>The numbers are checked before anything is done, and under -WhatIf too.</summary>
    private Func<T> Operation<T>(ShmMapping mapping)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        switch (Choice)
        {
            case nameof(Exchange):
                var value = AtomicNumber.Value<T>(Exchange!);
                return () => ShmAtomics.Exchange(mapping, Place, value);
            case nameof(CompareExchange):
                var next = AtomicNumber.Value<T>(CompareExchange!);
                var comparand = AtomicNumber.Value<T>(Comparand!);
                return () => ShmAtomics.CompareExchange(mapping, Place, next, comparand);
            case nameof(And):
                var kept = AtomicNumber.Bits<T>(And!);
                return () => ShmAtomics.And(mapping, Place, kept);
            case nameof(Or):
                var set = AtomicNumber.Bits<T>(Or!);
                return () => ShmAtomics.Or(mapping, Place, set);
            case nameof(Xor):
                var turned = AtomicNumber.Bits<T>(Xor!);
                return () => ShmAtomics.Xor(mapping, Place, turned);
            default:
                var addend = AtomicNumber.Bits<T>(Add!);
                return () => ShmAtomics.Add(mapping, Place, addend);
        }
    }
}
