using Xunit;

namespace Vitrine.Tests.Scale;

public sealed class SlurmArrayTests
{
    [Theory]
    [InlineData(1, 1, 16, 16, 1)]
    [InlineData(16, 1, 16, 16, 16)]
    [InlineData(0, 0, 3, 4, 1)]
    [InlineData(7, 5, 8, 4, 3)]
    public void Shard_OfATask_CountsFromTheFirst(int id, int min, int max, int count, int index) =>
        Assert.Equal((index, count), SlurmArray.Shard(Variables(id, min, max, count)));

    [Theory]
    [InlineData(3, 1, 7, 3)]
    [InlineData(2, 0, 6, 4)]
    public void Shard_OfAnArrayWithGaps_IsRefused(int id, int min, int max, int count) => Assert.Contains(
        $"have gaps; got {count} tasks from {min} to {max}",
        Assert.Throws<RequestException>(() => SlurmArray.Shard(Variables(id, min, max, count))).Message, StringComparison.Ordinal);

    [Fact]
    public void Shard_OutsideAnArray_IsRefused() => Assert.Contains("got no SLURM_ARRAY_TASK_ID",
        Assert.Throws<RequestException>(() => SlurmArray.Shard(_ => null)).Message, StringComparison.Ordinal);

    private static Func<string, string?> Variables(int id, int min, int max, int count) => name => name switch
    {
        "SLURM_ARRAY_TASK_ID" => $"{id}",
        "SLURM_ARRAY_TASK_MIN" => $"{min}",
        "SLURM_ARRAY_TASK_MAX" => $"{max}",
        "SLURM_ARRAY_TASK_COUNT" => $"{count}",
        _ => null,
    };
}
