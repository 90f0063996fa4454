using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Vitrine.Tests.Support;

/// <summary>
/// A C# program of one file, compiled and run inside the test process as <c>dotnet run file.cs</c> does next to <c>models</c>.
/// </summary>
internal static class CSharpProgram
{
    /// <summary>The namespaces that the SDK imports by itself.</summary>
    public const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly Lock s_console = new();

    /// <summary>How sources are read.</summary>
    public static CSharpParseOptions Parsing { get; } = new(LanguageVersion.Latest);

    /// <summary>Every assembly that this process can load.</summary>
    public static IReadOnlyList<MetadataReference> References { get; } = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Where(File.Exists).Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>Runs a program and returns what it wrote to standard output; fails the test when it does not compile or throws.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="source">Its text; lines that begin with <c>#:</c> are for the SDK alone.</param>
    /// <param name="arguments">What it is given.</param>
    public static string Run(string name, string source, params IReadOnlyList<string> arguments)
    {
        string code = string.Join('\n', source.ReplaceLineEndings("\n").Split('\n')
            .Select(line => line.StartsWith("#:", StringComparison.Ordinal) ? "" : line));
        var compilation = CSharpCompilation.Create(
            "Program" + Guid.NewGuid().ToString("N"),
            [CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing), CSharpSyntaxTree.ParseText(code, Parsing, name)],
            References,
            new(OutputKind.ConsoleApplication, optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable));
        using var bytes = new MemoryStream();
        Diagnostic[] problems = [.. compilation.Emit(bytes).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning)];
        Assert.True(problems.Length == 0, string.Join('\n', problems.Select(d => d.ToString())));
        bytes.Position = 0;
        MethodInfo main = new AssemblyLoadContext(name, isCollectible: true).LoadFromStream(bytes).EntryPoint!;
        lock (s_console)
        {
            (TextWriter output, string folder) = (Console.Out, Environment.CurrentDirectory);
            using var workplace = new TempFolder(); // what it writes is removed; what it reads is there
            Directory.CreateSymbolicLink(workplace.File("models"), Path.Combine(GoldenFolder.SourceTree(), "models"));
            var written = new StringWriter { NewLine = "\n" };
            try
            {
                Console.SetOut(written);
                Environment.CurrentDirectory = workplace.Path;
                main.Invoke(null, main.GetParameters().Length == 0 ? [] : [arguments.ToArray()]);
            }
            catch (TargetInvocationException e)
            {
                Assert.Fail($"{name}: {e.InnerException}");
            }
            finally
            {
                Console.SetOut(output);
                Environment.CurrentDirectory = folder;
            }
            return written.ToString();
        }
    }
}
