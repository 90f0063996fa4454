using Vitrine.Tests.Support;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

public sealed class TrainingLogTests : IDisposable
{
    private const string First = """{"step":1,"epoch":1,"loss":2.5}""", Second = """{"step":2,"epoch":1,"loss":2.25}""";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_AfterAKill_TakesOutLaterLinesAndTheTornOne()
    {
        string path = Written($"{First}\n{Second}\n"
            + "{\"step\":2,\"evaluation\":{\"loss\":2},\"kept\":true}\n{\"step\":3,\"loss\":2}\n{\"st");

        TrainingLog.Open(path, 2).Dispose();

        Assert.Equal(3, File.ReadAllLines(path).Length);
        Assert.Equal([(1, 2.5), (2, 2.25)], TrainingLog.Read(path).Training);
        Assert.Equal([(2, 2.0)], TrainingLog.Read(path).Evaluations);
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("{\"st", "cannot be read")]
    [InlineData("{\"step\":1}", "the value has no 'loss'")]
    [InlineData("{\"loss\":1}", "the value has no 'step'")]
    [InlineData("{\"step\":0,\"loss\":1}", "step is out of range; got 0")]
    [InlineData("{\"step\":1.5,\"loss\":1}", "step is out of range; got 1.5")]
    [InlineData("{\"step\":1,\"loss\":\"1\"}", "loss is no number")]
    [InlineData("{\"step\":1,\"evaluation\":[]}", "evaluation is no object")]
    [InlineData("{\"step\":1,\"evaluation\":{\"loss\":\"x\"}}", "evaluation.loss is no number")]
    [InlineData("null", "is no object")]
    public void Read_ADamagedLine_IsRefusedByItsNumber(string line, string why)
    {
        string inside = Written($"{First}\n{line}\n{Second}\n");
        string message = Assert.Throws<TrainingException>(() => TrainingLog.Read(inside)).Message;
        Assert.StartsWith("train: line 2 of '", message, StringComparison.Ordinal);
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Throws<TrainingException>(() => TrainingLog.Open(inside, 1));

        string last = Written($"{First}\n{line}\n"); // a whole line, which no kill has left
        Assert.Throws<TrainingException>(() => TrainingLog.Read(last));
    }

    private string Written(string text)
    {
        string path = _folder.File("log.jsonl");
        File.WriteAllText(path, text);
        return path;
    }
}
