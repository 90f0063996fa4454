using System.Reflection;
using System.Xml.Linq;
using Xunit;

namespace Vitrine.Tests.Architecture;

/// <summary>
/// Who may reference whom, and who may use a package. An arrow that is not listed here is a mistake or a decision for an ADR.
/// </summary>
public class DependencyRulesTests
{
    private static readonly Dictionary<string, string[]> s_projects = new()
    {
        ["Core.Tensor"] = [],
        ["Core.Tensor.Gpu"] = ["Core.Tensor"],
        ["Core.Autograd"] = ["Core.Tensor"],
        ["Models.Transformer"] = ["Core.Tensor"],
        ["Attribution"] = ["Core.Tensor", "Core.Autograd", "Models.Transformer"],
        ["Viz"] = ["Core.Tensor", "Attribution"],
        ["Drawing"] = ["Viz"],
        ["Data"] = [],
        ["Mcp"] = ["Core.Tensor", "Models.Transformer", "Attribution", "Viz", "Vitrine"],
        ["Interactive"] = ["Attribution", "Viz", "Drawing", "Vitrine"],
        ["Training"] = ["Core.Tensor", "Core.Autograd", "Models.Transformer"],
        ["Vitrine"] = ["Core.Tensor", "Core.Autograd", "Models.Transformer", "Attribution", "Viz", "Training"],
        ["Serve"] = ["Core.Tensor", "Core.Autograd", "Models.Transformer", "Attribution", "Viz", "Training", "Vitrine"],
        ["Cli"] = ["Core.Tensor", "Core.Autograd", "Models.Transformer", "Attribution", "Viz", "Training", "Vitrine", "Drawing", "Data",
            "Core.Tensor.Gpu", "Serve", "Mcp"],
    };

    private static readonly Dictionary<string, string[]> s_packages = new()
    {
        ["Mcp"] = ["ModelContextProtocol.Core"],
        ["Interactive"] = ["Microsoft.AspNetCore.Html.Abstractions", "Microsoft.DotNet.Interactive.Formatting"],
        ["Data"] = ["Apache.Arrow", "Apache.Arrow.Compression", "Parquet.Net", "ZstdSharp.Port"],
        ["Drawing"] = ["HarfBuzzSharp", "HarfBuzzSharp.NativeAssets.Linux", "ScottPlot", "SkiaSharp", "SkiaSharp.HarfBuzz",
            "SkiaSharp.NativeAssets.Linux.NoDependencies"],
        ["Core.Tensor.Gpu"] = ["ILGPU"],
        ["Cli"] = ["System.CommandLine", "Spectre.Console"],
    };

    public static TheoryData<string> Shipped => [.. s_projects.Keys];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Project_ItsFile_ReferencesOnlyWhatTheRulesAllow(string project)
    {
        string[] referenced = [.. Items(project, "ProjectReference")
            .Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))];

        Assert.Empty(referenced.Except(s_projects[project]));
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Project_ItsPackages_AreTheAllowedOnes(string project) =>
        Assert.Empty(Items(project, "PackageReference").Except(s_packages.GetValueOrDefault(project, [])));

    [Fact]
    public void Assemblies_OfTheCore_ReferenceOnlyTheBaseLibraryAndEachOther()
    {
        string[] core = ["Vitrine.Tensors", "Vitrine.Autograd", "Vitrine.Transformers"];

        foreach (string name in core)
        {
            string[] foreign = [.. Assembly.Load(name).GetReferencedAssemblies().Select(a => a.Name!)
                .Where(a => !a.StartsWith("System.", StringComparison.Ordinal) && a is not ("System" or "netstandard" or "mscorlib")
                    && !core.Contains(a))];
            Assert.True(foreign.Length == 0, $"{name} references {string.Join(", ", foreign)}");
        }
        Assert.DoesNotContain("Vitrine.Autograd", Assembly.Load("Vitrine.Transformers").GetReferencedAssemblies().Select(a => a.Name));
    }

    [Fact]
    public void Projects_TestsAndBench_AreReferencedByNoOthers()
    {
        foreach (string file in SourceTree.Files(".csproj"))
        {
            string[] referenced = [.. ItemsOf(Path.Combine(SourceTree.Root(), file), "ProjectReference")
                .Select(p => Path.GetFileNameWithoutExtension(p.Replace('\\', '/')))];
            Assert.DoesNotContain("tests", referenced);
            Assert.True(file == "tests/tests.csproj" || !referenced.Contains("bench"), $"{file} references bench");
        }
    }

    private static string[] Items(string project, string kind) =>
        ItemsOf(Path.Combine(SourceTree.Root(), project, project + ".csproj"), kind);

    private static string[] ItemsOf(string path, string kind) =>
        [.. XDocument.Load(path).Descendants(kind).Select(item => item.Attribute("Include")!.Value)];
}
