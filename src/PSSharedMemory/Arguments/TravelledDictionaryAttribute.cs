using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Keeps what jobs and files make of a dictionary of this module, a Hashtable of its entries, from being read as a row
/// of properties. The binder puts it bare into an array, so that nothing would tell it from a user's own Hashtable.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TravelledDictionaryAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics? engineIntrinsics, object? inputData) => Mark(inputData);

    private static object? Mark(object? input)
    {
        switch (PlainObject.Of(input))
        {
            case IDictionary when TravelledObject.Was(PSObject.AsPSObject(input!), typeof(ShmDictionary)):
                var marked = new PSObject();
                marked.TypeNames.Clear();
                foreach (var name in PSObject.AsPSObject(input!).TypeNames)
                {
                    marked.TypeNames.Add(name);
                }

                return marked;
            case object?[] many:
                return many.Select(Mark).ToArray();
            default:
                return input;
        }
    }
}
