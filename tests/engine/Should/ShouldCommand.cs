using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>Should: its parameter sets are the operators of <see cref="ShouldOperators"/>, bound as Pester binds them.</summary>
[Cmdlet("Assert", "Should")]
public sealed class ShouldCommand : PSCmdlet, IDynamicParameters
{
    private readonly List<object?> _actual = [];

    [Parameter(ValueFromPipeline = true, ValueFromRemainingArguments = true)]
    [AllowNull, AllowEmptyString, AllowEmptyCollection]
    public object? ActualValue { get; set; }

    [Parameter]
    public SwitchParameter Not { get; set; }

    public object GetDynamicParameters()
    {
        RuntimeDefinedParameterDictionary parameters = [];
        foreach (var op in ShouldOperators.All)
        {
            Add(parameters, op.Name, typeof(SwitchParameter), new ParameterAttribute { ParameterSetName = op.Name, Mandatory = true });
            var position = 1;
            foreach (var name in op.Parameters.Append("Because"))
            {
                var type = op.Switches.Contains(name) ? typeof(SwitchParameter) : typeof(object);
                Add(parameters, name, type, new ParameterAttribute { ParameterSetName = op.Name, Position = position++ });
            }
        }

        return parameters;
    }

    protected override void ProcessRecord() => _actual.Add(ActualValue);

    protected override void EndProcessing()
    {
        if (MyInvocation.BoundParameters.ContainsKey("ErrorAction"))
        {
            throw new PSNotSupportedException("Should -ErrorAction is not known to this runner.");
        }

        var op = ShouldOperators.Find(ParameterSetName)
            ?? throw new PSNotSupportedException($"Should -{ParameterSetName} is not known to this runner.");
        foreach (var actual in Judged(op))
        {
            var finding = op.Judge(new Assertion(actual, MyInvocation.BoundParameters!, Not, this));
            if (!finding.Holds)
            {
                ThrowTerminatingError(new ErrorRecord(new ShouldFailedException(finding.Message + Because()),
                    "PesterAssertionFailed", ErrorCategory.InvalidResult, actual));
            }

            if (finding.Output is not null)
            {
                WriteObject(finding.Output);
            }
        }
    }

    private List<object?> Judged(ShouldOperator op)
    {
        if (_actual.Count == 0)
        {
            return [null];
        }

        if (!op.TakesCollection)
        {
            return _actual;
        }

        return [MyInvocation.ExpectingInput ? _actual.ToArray() : Equality.Enumerate(ActualValue)];
    }

    private string Because() =>
        MyInvocation.BoundParameters.TryGetValue("Because", out var reason) && reason is not null
            ? $" Because: {reason}" : "";

    private static void Add(RuntimeDefinedParameterDictionary parameters, string name, Type type, ParameterAttribute attribute)
    {
        if (parameters.TryGetValue(name, out var known))
        {
            known.Attributes.Add(attribute);
        }
        else
        {
            parameters.Add(name, new RuntimeDefinedParameter(name, type, new Collection<Attribute> { attribute }));
        }
    }
}

/// <summary>What Should throws when the actual value is not as expected.</summary>
public sealed class ShouldFailedException(string message) : Exception(message);
