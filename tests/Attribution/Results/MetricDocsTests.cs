using Vitrine.Attributions;
using Vitrine.Tests.Architecture;
using Xunit;

namespace Vitrine.Tests.Attributions;

public class MetricDocsTests
{
    [Fact]
    public void Docs_OfMetrics_NameEveryOne()
    {
        string docs = File.ReadAllText(Path.Combine(SourceTree.Root(), "docs", "METRICS.md"));

        Assert.All(Metrics.All, metric => Assert.Contains($"`{metric.Name}`", docs, StringComparison.Ordinal));
    }
}
