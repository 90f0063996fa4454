using Xunit;

namespace Vitrine.Tests.Docs;

/// <summary>
/// Tests that run whole programs: they change the console and the working directory of the process, so nothing runs at the same time.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Programs
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "programs";
}
