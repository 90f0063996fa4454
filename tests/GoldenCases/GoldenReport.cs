using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Where the lines about golden cases go: the test's output, the runner's console, and <c>artifacts/golden.txt</c>.</summary>
internal static class GoldenReport
{
    private static readonly Lock s_lock = new();
    private static readonly string s_file = Path.Combine(AppContext.BaseDirectory, "golden.txt");
    private static bool s_begun;

    public static void Line(ITestOutputHelper output, string line)
    {
        output.WriteLine(line);
        TestContext.Current.SendDiagnosticMessage(line);
        lock (s_lock)
        {
            if (!s_begun)
            {
                File.WriteAllText(s_file, $"golden cases of {GoldenFolder.Path}{Environment.NewLine}");
            }
            s_begun = true;
            File.AppendAllText(s_file, line + Environment.NewLine);
        }
    }
}
