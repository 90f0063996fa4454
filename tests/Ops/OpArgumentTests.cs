using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>Every op refuses what it cannot compute, in one line that names the op, what it got and what it expected.</summary>
public class OpArgumentTests
{
    public static TheoryData<string> Names => [.. OpTable.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Op_BadArguments_SaysWhatItGotAndWhatItExpects(string name)
    {
        OpSample.Bad[] calls = OpSample.Get(name).Refused;

        Assert.NotEmpty(calls);
        foreach ((Func<Tensor> call, string got) in calls)
        {
            string message = Assert.Throws<ShapeException>(call).Message;
            Assert.StartsWith(name + ": ", message, StringComparison.Ordinal);
            Assert.Contains("got", message, StringComparison.Ordinal);
            Assert.Contains("expected", message, StringComparison.Ordinal);
            Assert.Contains(got, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }
}
