// Runs the code cells of a notebook in the kernel that .NET Interactive runs them in, and prints what each cell shows, a line of JSON per
// picture or text: {"cell": 2, "text/html": "…", "text/plain": "…"}. The package line becomes the assemblies of this build. Exit code 1,
// with the cell and the error, where one fails.
//   Vitrine.Notebooks samples/explain.ipynb
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.DotNet.Interactive;
using Microsoft.DotNet.Interactive.Commands;
using Microsoft.DotNet.Interactive.CSharp;
using Microsoft.DotNet.Interactive.Documents;
using Microsoft.DotNet.Interactive.Documents.Jupyter;
using Microsoft.DotNet.Interactive.Events;

if (args is not [var path])
{
    Console.Error.WriteLine("Vitrine.Notebooks: expected the path of a notebook.");
    return 2;
}
string package = "#r \"nuget: Vitrine.Interactive";
string references = string.Concat(Directory.GetFiles(AppContext.BaseDirectory, "Vitrine.*.dll")
    .Append(Path.Combine(AppContext.BaseDirectory, "Vitrine.dll"))
    .Where(file => !file.EndsWith("Vitrine.Notebooks.dll", StringComparison.Ordinal))
    .Select(file => $"#r \"{file}\"\n"));
string extension = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "extension.dib"))
    .Replace("#!csharp", "", StringComparison.Ordinal);
InteractiveDocument notebook = Notebook.Parse(File.ReadAllText(path));
Environment.CurrentDirectory = Path.GetDirectoryName(Path.GetFullPath(path))!;
var writing = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
using var kernel = new CompositeKernel { new CSharpKernel() };
kernel.DefaultKernelName = "csharp";
int cell = 0;
foreach (InteractiveDocumentElement element in notebook.Elements.Where(element => element.KernelName == "csharp"))
{
    cell++;
    string[] lines = element.Contents.Split('\n');
    bool loads = Array.Exists(lines, line => line.StartsWith(package, StringComparison.Ordinal));
    string code = string.Join('\n', lines.Where(line => !line.StartsWith(package, StringComparison.Ordinal)));
    foreach (string part in loads ? new[] { references, extension, code } : [code])
    {
        KernelCommandResult result = await kernel.SendAsync(new SubmitCode(part));
        foreach (KernelEvent shown in result.Events)
        {
            switch (shown)
            {
                case CommandFailed failed:
                    Console.Error.WriteLine($"{path}, cell {cell}: {failed.Message}");
                    return 1;
                case DisplayEvent { FormattedValues.Count: > 0 } display:
                    var line = display.FormattedValues.ToDictionary(value => value.MimeType, value => (object)value.Value);
                    line["cell"] = cell;
                    Console.WriteLine(JsonSerializer.Serialize(line, writing));
                    break;
            }
        }
    }
}
return 0;
