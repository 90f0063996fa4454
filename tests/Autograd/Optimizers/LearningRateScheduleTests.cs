using Vitrine.Autograd;
using Xunit;

namespace Vitrine.Tests.Autograd;

public class LearningRateScheduleTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0.5)]
    [InlineData(10, 1)]
    [InlineData(60, 0.5)]
    [InlineData(110, 0)]
    [InlineData(200, 0)]
    public void At_Step_IsOnTheTwoLines(int step, double expected) =>
        Assert.Equal(expected, new LearningRateSchedule(Peak: 1, WarmUp: 10, Total: 110).At(step), 1e-6);

    [Fact]
    public void At_NoWarmUp_StartsAtPeak() => Assert.Equal(0.25f, new LearningRateSchedule(0.25f, 0, 10).At(0));
}
