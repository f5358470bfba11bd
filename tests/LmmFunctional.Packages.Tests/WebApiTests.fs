module LmmFunctional.Packages.Tests.WebApiTests

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Http
open System.Text
open System.Text.Json
open System.Text.RegularExpressions
open System.Threading.Tasks
open Expecto
open LmmFunctional.Tests

let private program =
    Command.inRoot "docs/examples/WebApi/bin/Release/net10.0/WebApi.dll"

/// The address that the service writes once it listens, on a port that the system chose.
let rec private addressOf (output: StreamReader) =
    match output.ReadLine() with
    | null -> failtest "The service ended before it listened."
    | line ->
        let found = Regex.Match(line, @"Now listening on: (http://\S+)")

        if found.Success then
            found.Groups[1].Value
        else
            addressOf output

/// Starts the service, and stops it when the test is over.
let private served (test: HttpClient -> unit) =
    let start =
        ProcessStartInfo("dotnet", [ program; "--urls"; "http://127.0.0.1:0" ], RedirectStandardOutput = true)

    match Process.Start start with
    | null -> failtest "The service cannot be started."
    | service ->
        use service = service

        try
            use client =
                new HttpClient(BaseAddress = Uri(addressOf service.StandardOutput), Timeout = TimeSpan.FromMinutes 2.0)

            // Nobody may wait for a reader of what it writes.
            service.StandardOutput.ReadToEndAsync() |> ignore
            test client
        finally
            service.Kill()

let private csv = File.ReadAllText(TestData.csv "sleepstudy")

let private post (client: HttpClient) (formula: string) (data: string) =
    let content = new StringContent(data, Encoding.UTF8, "text/csv")
    client.PostAsync($"/fits?formula={Uri.EscapeDataString formula}", content)

let private text (answer: HttpResponseMessage) =
    answer.Content.ReadAsStringAsync().Result

let private get (client: HttpClient) (path: string) = client.GetAsync(path).Result

let private formula = "Reaction ~ Days + (Days | Subject)"

let private fitsAndAnswers (client: HttpClient) =
    let answer = (post client formula csv).Result
    Expect.equal answer.StatusCode HttpStatusCode.Created "created"
    use fit = JsonDocument.Parse(text answer)
    let root = fit.RootElement
    let slope = root.GetProperty("coefficients").[1]
    Expect.equal (root.GetProperty("rows").GetInt32()) 180 "rows"
    Expect.floatClose Accuracy.medium (root.GetProperty("criterion").GetDouble()) 1743.628272 "criterion"
    Expect.floatClose Accuracy.medium (slope.GetProperty("estimate").GetDouble()) 10.467286 "slope"
    let path = "/fits/" + root.GetProperty("id").GetString()
    Expect.equal (text (get client path)) (text answer) "the same again"

    use means = JsonDocument.Parse(text (get client $"{path}/means?over=Days"))
    let mean = means.RootElement[0]
    // The mean of Reaction, as every subject has every day.
    Expect.floatClose Accuracy.medium (mean.GetProperty("estimate").GetDouble()) 298.507892 "mean"

    let report = get client $"{path}/report"
    Expect.equal (report.Content.Headers.ContentType |> string) "text/html; charset=utf-8" "a page"
    Expect.stringContains (text report) "Subject" "about the model"

let private servesManyAtOnce (client: HttpClient) =
    let answers = Task.WhenAll(List.init 16 (fun _ -> post client formula csv)).Result

    let withoutNames =
        answers
        |> Array.map (fun answer -> Regex.Replace(text answer, "\"id\":\"[0-9a-f]+\"", ""))
        |> Array.distinct

    Expect.hasLength withoutNames 1 "all requests get the same bits"
    Expect.stringContains withoutNames[0] "Optimum" "an answer"

let private toldInWords (client: HttpClient) =
    let refused formula data (words: string) =
        let answer = (post client formula data).Result
        Expect.equal answer.StatusCode HttpStatusCode.BadRequest words
        Expect.stringContains (text answer) words "what is wrong"

    refused "Reaktion ~ Days" csv "Reaktion"
    refused "Reaction ~ (" csv "issues"
    refused formula "" "issues"
    Expect.equal (get client "/fits/none").StatusCode HttpStatusCode.NotFound "no such fit"
    Expect.equal (get client "/fits/none/report").StatusCode HttpStatusCode.NotFound "no such fit"

[<Tests>]
let tests =
    testCase "Web example: fits, answers, many at once, problems in words" (fun () ->
        served (fun client ->
            fitsAndAnswers client
            servesManyAtOnce client
            toldInWords client))
