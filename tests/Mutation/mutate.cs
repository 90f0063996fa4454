#:package Microsoft.CodeAnalysis.CSharp
#:property PublishAot=false
#:property JsonSerializerIsReflectionEnabledByDefault=true
#:property RestorePackagesWithLockFile=false
// Do the tests see a wrong line? Takes random one-operator mutants of the sources, puts all of them into one copy of the tree (each with
// a switch that an environment variable throws), builds it once, and runs for every mutant the tests named like its file, then those of its
// area, until the first failure. What no test saw is listed.
//
//   dotnet run tests/Mutation/mutate.cs -- --count 20 --seed 1                     # over all areas
//   dotnet run tests/Mutation/mutate.cs -- --count 20 Core.Autograd Training/Lora  # over folders or files
//   ... --wider    runs the whole suite on what survives the tests of its area
//   ... --from 50  goes on at the 50th mutant of the last copy, which stays in artifacts/mutants with its list
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

string[] areas = ["Core.Tensor", "Core.Autograd", "Models.Transformer", "Attribution", "Training"];
string root = Directory.GetCurrentDirectory();
while (!File.Exists(Path.Combine(root, "Vitrine.slnx")))
{
    root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("mutate: run it inside the tree.");
}
var words = new Queue<string>(args);
int count = 20, seed = 1, first = 1;
bool isWider = false;
List<string> places = [];
while (words.TryDequeue(out string? word))
{
    switch (word)
    {
        case "--count": count = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--seed": seed = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--from": first = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture); break;
        case "--wider": isWider = true; break;
        default: places.Add(word); break;
    }
}
string copy = Path.Combine(root, "artifacts", "mutants");
string list = Path.Combine(copy, "mutants.json");
Mutant[] mutants;
if (first > 1)
{
    mutants = JsonSerializer.Deserialize<Mutant[]>(File.ReadAllText(list))!;
}
else
{
    var sources = new Sources(root, areas);
    mutants = sources.Choose(places.Count > 0 ? [.. places] : areas, count, seed);
    Console.WriteLine($"{mutants.Length} mutants in {mutants.DistinctBy(m => m.File).Count()} files");
    Tree.Make(root, copy, sources, mutants);
    File.WriteAllText(list, JsonSerializer.Serialize(mutants));
    if (Tests.Fail(copy, mutants) is { } broken)
    {
        Console.WriteLine($"mutate: {broken} fails without a mutant, so that nothing can be said.");
        return 1;
    }
}
List<Mutant> survivors = [];
foreach (Mutant mutant in mutants.Skip(first - 1))
{
    string? killer = Tests.Kill(copy, mutant, isWider);
    if (killer is null)
    {
        survivors.Add(mutant);
    }
    Console.WriteLine($"{mutant.Id,4} {(killer is null ? "SURVIVED" : "killed  ")} {mutant}{(killer is null ? "" : $"  by {killer}")}");
}
int tried = mutants.Length - first + 1, killed = tried - survivors.Count;
Console.WriteLine(FormattableString.Invariant($"{killed} of {tried} killed ({100.0 * killed / Math.Max(1, tried):F1} %)"));
survivors.ForEach(mutant => Console.WriteLine($"  {mutant}"));
return 0;

/// <summary>A change of one operator.</summary>
internal sealed record Mutant(int Id, string File, int Line, TextSpan Span, string Old, string New)
{
    public string Switch => $"(global::VitrineMutant.On({Id}) ? ({New}) : ({Old}))";

    public override string ToString() => $"{File}:{Line}: {Old.ReplaceLineEndings(" ")}  ->  {New.ReplaceLineEndings(" ")}";
}

/// <summary>The product's sources in one compilation, which says what an expression is.</summary>
internal sealed class Sources
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    public const string SwitchSource = "/// <summary>Which mutant is on.</summary>\npublic static class VitrineMutant\n{\n"
        + "    private static readonly int s_on = int.Parse(System.Environment.GetEnvironmentVariable(\"VITRINE_MUTANT\") ?? \"0\");\n\n"
        + "    /// <summary>Whether it is this one.</summary>\n    public static bool On(int id) => s_on == id;\n}\n";

    private readonly CSharpParseOptions _parsing = new(LanguageVersion.Preview);
    private readonly CSharpCompilation _all;
    private readonly HashSet<string> _known;

    public Sources(string root, string[] areas)
    {
        IEnumerable<string> files = areas.SelectMany(area =>
            Directory.EnumerateFiles(Path.Combine(root, area), "*.cs", SearchOption.AllDirectories));
        _all = CSharpCompilation.Create("all",
            [
                .. files.Order(StringComparer.Ordinal).Select(file =>
                    CSharpSyntaxTree.ParseText(File.ReadAllText(file), _parsing, Path.GetRelativePath(root, file))),
                CSharpSyntaxTree.ParseText(Usings, _parsing), CSharpSyntaxTree.ParseText(SwitchSource, _parsing),
            ],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Where(path => Path.GetFileName(path).StartsWith("System", StringComparison.Ordinal))
                .Select(path => MetadataReference.CreateFromFile(path)),
            new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        _known = [.. Errors(_all).Select(Key)]; // what source generators would add is missing
    }

    /// <summary>Mutants that compile, no two of which overlap.</summary>
    public Mutant[] Choose(string[] places, int count, int seed)
    {
        List<Mutant> all = [.. _all.SyntaxTrees.Where(tree => Array.Exists(places, place =>
            tree.FilePath == place || tree.FilePath.StartsWith(place.TrimEnd('/') + "/", StringComparison.Ordinal))).SelectMany(Of)];
        new Random(seed).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all));
        List<Mutant> chosen = [];
        foreach (Mutant mutant in all)
        {
            if (chosen.Count < count + (count / 4) + 2
                && !chosen.Exists(m => m.File == mutant.File && m.Span.OverlapsWith(mutant.Span)))
            {
                chosen.Add(mutant with { Id = chosen.Count + 1 });
            }
        }
        for (HashSet<int> bad = Broken(chosen); bad.Count > 0; bad = Broken(chosen))
        {
            chosen.RemoveAll(mutant => bad.Contains(mutant.Id));
        }
        return [.. chosen.Take(count).Select((mutant, i) => mutant with { Id = i + 1 })];
    }

    /// <summary>The text of a file with its mutants.</summary>
    public string Text(string file, IEnumerable<Mutant> mutants) => _all.SyntaxTrees.First(tree => tree.FilePath == file).GetText()
        .WithChanges(mutants.Select(mutant => new TextChange(mutant.Span, mutant.Switch))).ToString();

    // The numbers of mutants that do not compile: those in the same member as an error.
    private HashSet<int> Broken(List<Mutant> mutants)
    {
        CSharpCompilation changed = _all;
        foreach (IGrouping<string, Mutant> file in mutants.GroupBy(mutant => mutant.File))
        {
            SyntaxTree tree = _all.SyntaxTrees.First(t => t.FilePath == file.Key);
            changed = changed.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(Text(file.Key, file), _parsing, file.Key));
        }
        return [.. Errors(changed).Where(error => !_known.Contains(Key(error))).SelectMany(error =>
        {
            SyntaxNode at = error.Location.SourceTree!.GetRoot().FindNode(error.Location.SourceSpan);
            string member = (at.FirstAncestorOrSelf<MemberDeclarationSyntax>() ?? at).ToString();
            return mutants.Where(mutant => mutant.File == error.Location.SourceTree.FilePath
                && member.Contains(mutant.Switch, StringComparison.Ordinal));
        }).Select(mutant => mutant.Id)];
    }

    private static IEnumerable<Diagnostic> Errors(Compilation of) => of.GetDiagnostics()
        .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && diagnostic.Location.SourceTree is not null);

    private static string Key(Diagnostic error) =>
        $"{error.Location.SourceTree!.FilePath} {error.Id} {error.GetMessage(CultureInfo.InvariantCulture)}";

    private IEnumerable<Mutant> Of(SyntaxTree tree)
    {
        SemanticModel model = _all.GetSemanticModel(tree);
        return tree.GetRoot().DescendantNodes(node => node is not (AttributeListSyntax or ThrowStatementSyntax or ThrowExpressionSyntax
            or PatternSyntax or InterpolatedStringExpressionSyntax or EnumDeclarationSyntax or ParameterListSyntax
            or CaseSwitchLabelSyntax))
            .OfType<ExpressionSyntax>().Where(node => !IsConstant(node)).SelectMany(node => Replacements(node, model)
                .Select(replacement => new Mutant(0, tree.FilePath, node.GetLocation().GetLineSpan().StartLinePosition.Line + 1, node.Span,
                    node.ToString(), replacement)));
    }

    private static bool IsConstant(SyntaxNode node) => node.Ancestors().Any(a =>
        a is FieldDeclarationSyntax { Modifiers: var of } && of.Any(SyntaxKind.ConstKeyword)
        || a is LocalDeclarationStatementSyntax { IsConst: true }
        || a is ObjectCreationExpressionSyntax { Type: var type } && type.ToString().EndsWith("Exception", StringComparison.Ordinal)
        || a is MethodDeclarationSyntax { Identifier.Text: "ToString" or "GetHashCode" });

    private static IEnumerable<string> Replacements(ExpressionSyntax node, SemanticModel model)
    {
        switch (node)
        {
            case BinaryExpressionSyntax two when Other(two.OperatorToken.Text) is { } other && (other is "==" or "!=" or "&&" or "||"
                || (IsNumber(two.Left, model) && IsNumber(two.Right, model))):
                yield return $"{two.Left} {other} {two.Right}";
                break;
            case PrefixUnaryExpressionSyntax { OperatorToken.Text: "!" or "-", Operand: var operand }
                when !model.GetConstantValue(node).HasValue:
                yield return operand.ToString();
                break;
            case LiteralExpressionSyntax { Token.Text: "true" or "false" or "0" or "1" } literal:
                yield return literal.Token.Text switch { "true" => "false", "false" => "true", "0" => "1", _ => "0" };
                break;
            case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: var name } member } call
                when Other(name) is { } other:
                yield return $"{member.Expression}{member.OperatorToken}{other}{call.ArgumentList}";
                break;
        }
        if (node.Parent is AssignmentExpressionSyntax { OperatorToken.Text: "+=" or "-=" } sum && sum.Right == node
            && IsNumber(node, model))
        {
            yield return $"-({node})";
        }
    }

    private static string? Other(string name) => name switch
    {
        "+" => "-",
        "-" => "+",
        "*" => "/",
        "/" => "*",
        "<" => "<=",
        "<=" => "<",
        ">" => ">=",
        ">=" => ">",
        "==" => "!=",
        "!=" => "==",
        "&&" => "||",
        "||" => "&&",
        "Min" => "Max",
        "Max" => "Min",
        "Any" => "All",
        "All" => "Any",
        "First" => "Last",
        "Last" => "First",
        _ => null,
    };

    private static bool IsNumber(ExpressionSyntax node, SemanticModel model) => model.GetTypeInfo(node).Type is { } type
        && (type.SpecialType is >= SpecialType.System_SByte and <= SpecialType.System_Double
            || type.Name.StartsWith("Vector", StringComparison.Ordinal));
}

/// <summary>The copy of the tree that holds all mutants.</summary>
internal static class Tree
{
    public static void Make(string root, string copy, Sources sources, Mutant[] mutants)
    {
        foreach (string folder in Directory.Exists(copy) ? Directory.GetDirectories(copy) : [])
        {
            if (Path.GetFileName(folder) != "artifacts") // what an earlier copy has built stays
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        string[] files = Run.Output("git", root, "ls-files", "-z").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        foreach (string file in files)
        {
            string from = Path.Combine(root, file), to = Path.Combine(copy, file);
            if (File.Exists(from))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(from, to, overwrite: true);
            }
        }
        foreach (IGrouping<string, Mutant> file in mutants.GroupBy(mutant => mutant.File))
        {
            File.WriteAllText(Path.Combine(copy, file.Key), sources.Text(file.Key, file));
        }
        File.WriteAllText(Path.Combine(copy, "Core.Tensor", "VitrineMutant.cs"), Sources.SwitchSource);
        string built = Run.Output("dotnet", copy, "build", "tests/tests.csproj", "-c", "Debug", "-p:Optimize=true", "-p:RunAnalyzers=false",
            "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false",
            "-p:WarningLevel=0", "-v", "q", "-nologo");
        if (built.Contains(": error ", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"mutate: the copy does not build.{Environment.NewLine}{built}");
        }
    }
}

/// <summary>The tests that concern a file.</summary>
internal static class Tests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5); // of the processor, for the machine may be busy

    // What reads the sources, or takes long to see little.
    private static readonly string[] s_others = ["*Architecture*", "*Docs*", "*Fuzz*", "*Kills*", "*Scale*", "*PublicApi*"];

    /// <summary>A test of any of the mutants that fails while none is on; null where none does.</summary>
    public static string? Fail(string copy, IEnumerable<Mutant> mutants) => Killer(copy, 0, TimeSpan.MaxValue,
        Classes([.. mutants.SelectMany(mutant => Named(mutant.File).Concat(Of(mutant.File))).Distinct()]));

    /// <summary>What saw a mutant: a test, or that the tests did not end; null where nothing did.</summary>
    public static string? Kill(string copy, Mutant mutant, bool isWider) => Killer(copy, mutant.Id, s_limit, Classes(Named(mutant.File)))
        ?? Killer(copy, mutant.Id, s_limit, Classes(Of(mutant.File)))
        ?? (isWider ? Killer(copy, mutant.Id, 6 * s_limit, [.. s_others.SelectMany(c => new[] { "-class-", c })]) : null);

    private static string[] Classes(string[] patterns) => [.. patterns.SelectMany(c => new[] { "-class", c })];

    private static string? Killer(string copy, int mutant, TimeSpan limit, string[] words) => Run.Failure(
        Path.Combine(copy, "artifacts/bin/tests/debug/Vitrine.Tests"), copy, limit, mutant,
        [.. words, "-stoponfail", "-parallelMode", "none"]);

    // Tests named like the file, or like its folder.
    private static string[] Named(string file) =>
        [$"*{Path.GetFileName(file).Split('.')[0]}*", $"*{Path.GetFileName(Path.GetDirectoryName(file))!.TrimEnd('s')}*"];

    private static string[] Of(string file) => file.Split('/')[0] switch
    {
        "Attribution" when file.Contains("/Inside/", StringComparison.Ordinal) => ["*Inside*"],
        "Core.Tensor" => ["*OpContract*", "*GoldenOps*", "*.TensorProperties"],
        "Core.Autograd" => ["*TapeTests*", "*GradientCheck*", "*StepOfEveryLength*", "*TrainerTests*"],
        "Models.Transformer" => ["*ModelTests*", "*ModelProperties", "*RoundTripProperties", "*.GoldenTests"],
        "Attribution" => ["*MethodLaw*", "*MetricTests*", "*InseqJson*", "*AttributionJson*", "*.GoldenTests"],
        _ => ["*TrainerTests*", "*LoraTests*", "*HeldOut*", "*TaskTests*"],
    };
}

/// <summary>Other programs.</summary>
internal static partial class Run
{
    public static string Output(string program, string folder, params string[] words)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, words)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        return process.StandardOutput.ReadToEnd();
    }

    /// <summary>The first test that fails, or that they do not end; null where all pass.</summary>
    public static string? Failure(string program, string folder, TimeSpan limit, int mutant, string[] words)
    {
        var start = new ProcessStartInfo(program, words)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["VITRINE_MUTANT"] = mutant.ToString(CultureInfo.InvariantCulture);
        using Process process = Process.Start(start)!;
        string? failed = null;
        process.OutputDataReceived += (_, line) => failed ??= Failed().Match(line.Data ?? "") is { Success: true } match
            ? match.Groups[1].Value : null;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (!process.WaitForExit(1000))
        {
            if (Used(process) > limit)
            {
                process.Kill(entireProcessTree: true);
                return "time";
            }
        }
        process.WaitForExit();
        return process.ExitCode == 0 ? null : failed ?? "the end of the process";
    }

    private static TimeSpan Used(Process process)
    {
        try
        {
            return process.TotalProcessorTime;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception) // it has just ended
        {
            return TimeSpan.Zero;
        }
    }

    [GeneratedRegex(@"(Vitrine\.Tests\.[\w.+]+).* \[FAIL\]")]
    private static partial Regex Failed();
}
