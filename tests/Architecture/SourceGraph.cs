using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Vitrine.Tests.Support;

namespace Vitrine.Tests.Architecture;

/// <summary>Which file of a product's sources uses what which other file declares, as the compiler sees it.</summary>
internal sealed class SourceGraph
{
    private static readonly Lazy<SourceGraph> s_ofTree = new(() => new(SourceTree.Files(".cs").Where(IsProduct)));

    private readonly ConcurrentDictionary<(string From, string To), string> _uses = new();

    private SourceGraph(IEnumerable<string> files)
    {
        string root = SourceTree.Root();
        SyntaxTree[] trees =
        [
            CSharpSyntaxTree.ParseText(CSharpProgram.ImplicitUsings, CSharpProgram.Parsing),
            .. files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(root, file)), CSharpProgram.Parsing, file)),
        ];
        // One compilation of all projects, without their assemblies: then a symbol knows the file that declares it.
        var all = CSharpCompilation.Create("all", trees,
            CSharpProgram.References.Where(reference => !Path.GetFileName(reference.Display!)
                .StartsWith("vitrine", StringComparison.OrdinalIgnoreCase)),
            new(OutputKind.ConsoleApplication, allowUnsafe: true));
        Parallel.ForEach(trees.Skip(1), tree => Read(tree, all.GetSemanticModel(tree)));
    }

    /// <summary>The graph of everything but tests and benchmarks.</summary>
    public static SourceGraph OfTree => s_ofTree.Value;

    /// <summary>Every edge, and one name that makes it.</summary>
    public IReadOnlyDictionary<(string From, string To), string> Uses => _uses;

    /// <summary>The groups of nodes that reach each other; single nodes left out.</summary>
    public static IEnumerable<IReadOnlyList<T>> Cycles<T>(IEnumerable<(T From, T To)> edges) where T : notnull
    {
        ILookup<T, T> next = edges.ToLookup(edge => edge.From, edge => edge.To);
        var (numbers, lowest, stack, found) = (new Dictionary<T, int>(), new Dictionary<T, int>(), new Stack<T>(),
            new List<IReadOnlyList<T>>());
        foreach (T node in next.Select(group => group.Key).Where(node => !numbers.ContainsKey(node)))
        {
            Visit(node);
        }
        return found.Where(group => group.Count > 1);

        void Visit(T node) // Tarjan 1972
        {
            numbers[node] = lowest[node] = numbers.Count;
            stack.Push(node);
            foreach (T other in next[node])
            {
                if (!numbers.TryGetValue(other, out int number))
                {
                    Visit(other);
                    lowest[node] = Math.Min(lowest[node], lowest[other]);
                }
                else if (stack.Contains(other))
                {
                    lowest[node] = Math.Min(lowest[node], number);
                }
            }
            if (lowest[node] == numbers[node])
            {
                var group = new List<T>();
                do
                {
                    group.Add(stack.Pop());
                }
                while (!group[^1].Equals(node));
                found.Add(group);
            }
        }
    }

    private static bool IsProduct(string file) =>
        !file.StartsWith("tests/", StringComparison.Ordinal) && !file.StartsWith("bench/", StringComparison.Ordinal)
            && !file.StartsWith("samples/", StringComparison.Ordinal);

    private void Read(SyntaxTree tree, SemanticModel model)
    {
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes()
            .Where(node => node is SimpleNameSyntax or BaseObjectCreationExpressionSyntax))
        {
            // A type in several files is found through its members: the type itself would lead to all of them.
            if (model.GetSymbolInfo(node).Symbol?.OriginalDefinition is { } symbol && symbol is not INamespaceSymbol
                && (symbol as IMethodSymbol)?.ReducedFrom is var reduced && (reduced ?? symbol).DeclaringSyntaxReferences is [{ } only]
                && only.SyntaxTree != tree)
            {
                _uses.TryAdd((tree.FilePath, only.SyntaxTree.FilePath), symbol.Name);
            }
        }
    }
}
