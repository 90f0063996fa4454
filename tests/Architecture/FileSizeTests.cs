using Xunit;

namespace Vitrine.Tests.Architecture;

public class FileSizeTests
{
    [Fact]
    public void SourceFiles_All_StayBelowSixHundredLines()
    {
        const int Most = 600;

        string[] tooLong = [.. SourceTree.Files(".cs").Where(path => File.ReadLines(Path.Combine(SourceTree.Root(), path)).Count() > Most)];

        Assert.True(tooLong.Length == 0, $"longer than {Most} lines, split them: {string.Join(", ", tooLong)}");
    }
}
