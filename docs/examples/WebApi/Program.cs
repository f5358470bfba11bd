// A service of mixed models. From this folder:
//
//   dotnet run --urls http://localhost:5000
//   curl --data-binary @../../../tests/data/sleepstudy.csv -H "Content-Type: text/csv" \
//     "http://localhost:5000/fits?formula=Reaction~Days%2B(Days|Subject)"
//
// The answer has an id; then GET /fits/ID, /fits/ID/means?over=Days and /fits/ID/report.

using LmmFunctional.CSharp;
using WebApi;

// The longest body, in bytes.
const long Longest = 20_000_000;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<FitStore>();
builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = Longest);
var app = builder.Build();

// What is wrong with data or models is the caller's to mend: all of it, in words.
app.Use(async (context, next) =>
{
    try
    {
        await next(context);
    }
    catch (LmmException problem)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        await context.Response.WriteAsJsonAsync(new { issues = problem.Issues });
    }
});

var fits = app.MapGroup("/fits");

fits.MapPost("/", async (HttpRequest request, string formula, FitStore store, CancellationToken cancelled) =>
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body, cancelled);
    body.Position = 0;

    var data = Data.ReadCsv(body, source: "The body of the request");
    var fit = await Model.Parse(formula).FitAsync(data, cancellationToken: cancelled);
    var id = store.Add(fit);
    return Results.Created($"/fits/{id}", FitAnswer.Of(id, fit));
});

fits.MapGet("/{id}", (string id, FitStore store) =>
    store.Find(id) is { } fit ? Results.Ok(FitAnswer.Of(id, fit)) : Results.NotFound());

fits.MapGet("/{id}/means", (string id, string over, FitStore store) =>
    store.Find(id) is { } fit
        ? Results.Ok(fit.MarginalMeans(over).Rows.Select(MeanAnswer.Of))
        : Results.NotFound());

fits.MapGet("/{id}/report", async (string id, FitStore store, CancellationToken cancelled) =>
    store.Find(id) is { } fit
        ? Results.Content(await fit.ReportAsync(cancellationToken: cancelled), "text/html; charset=utf-8")
        : Results.NotFound());

app.Run();
