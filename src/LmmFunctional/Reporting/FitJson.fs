namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Encodings.Web
open System.Text.Json
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A fit as one JSON object, for other programs.</summary>
[<RequireQualifiedAccess>]
module FitJson =

    /// JSON has no word for what is not finite.
    let private number (json: Utf8JsonWriter) (name: string) (value: float) =
        if Double.IsFinite value then
            json.WriteNumber(name, value)
        else
            json.WriteNull name

    let private optionalText (json: Utf8JsonWriter) (name: string) (value: string option) =
        match value with
        | Some text -> json.WriteString(name, text)
        | None -> json.WriteNull name

    let private texts (json: Utf8JsonWriter) (name: string) (values: string list) =
        json.WriteStartArray name
        values |> List.iter json.WriteStringValue
        json.WriteEndArray()

    let private objects (json: Utf8JsonWriter) (name: string) (write: 'item -> unit) (items: 'item list) =
        json.WriteStartArray name

        for item in items do
            json.WriteStartObject()
            write item
            json.WriteEndObject()

        json.WriteEndArray()

    let private coefficient (json: Utf8JsonWriter) (coefficient: Coefficient) =
        json.WriteString("name", coefficient.Name)
        number json "estimate" coefficient.Estimate
        number json "se" coefficient.StandardError
        number json "t" coefficient.Statistic

    /// A coefficient with its test; under Kenward-Roger the standard error is adjusted.
    let private tested (json: Utf8JsonWriter) (estimate: Estimate) =
        json.WriteString("name", estimate.Name)
        number json "estimate" estimate.Estimate
        number json "se" estimate.StandardError
        number json "df" estimate.Df
        number json "t" estimate.Statistic
        number json "p" estimate.P
        number json "lower" estimate.Lower
        number json "upper" estimate.Upper

        estimate.NotTestable
        |> Option.iter (fun reason -> json.WriteString("reason", reason))

    /// What a robust covariance adds to a coefficient.
    let private robustOf (json: Utf8JsonWriter) (own: RobustCoefficient) =
        number json "seRobust" own.StandardError
        number json "dfRobust" own.Df
        number json "pRobust" own.P

    let private component' (json: Utf8JsonWriter) (part: VarianceComponent) =
        json.WriteString("group", part.Group)
        optionalText json "var1" part.First
        optionalText json "var2" part.Second
        number json "vcov" part.Covariance
        number json "sdcor" part.StandardDeviation

    let private covarianceParameters (json: Utf8JsonWriter) (fit: Fit) =
        let ofResiduals, ofTerms =
            fit.CovarianceParameters
            |> List.partition (fun parameter -> parameter.Group = "Residual")

        let estimate (parameter: CovarianceParameter) =
            json.WriteString("name", parameter.Name)
            number json "estimate" parameter.Estimate
            number json "se" (defaultArg parameter.StandardError nan)

        ofTerms
        |> objects json "parameters" (fun parameter ->
            json.WriteString("group", parameter.Group)
            estimate parameter)

        ofResiduals |> objects json "residual" estimate

    let private certificate (json: Utf8JsonWriter) (certificate: Certificate) =
        json.WriteStartObject "certificate"

        match certificate.Verdict with
        | Verdict.Optimum -> json.WriteString("verdict", "Optimum")
        | Verdict.BoundaryOptimum names ->
            json.WriteString("verdict", "BoundaryOptimum")
            texts json "names" names
        | Verdict.FlatDirection names ->
            json.WriteString("verdict", "FlatDirection")
            texts json "names" names
        | Verdict.NotConverged reason ->
            json.WriteString("verdict", "NotConverged")
            json.WriteString("reason", reason)

        number json "gradient" certificate.Gradient
        number json "newtonDecrement" certificate.NewtonDecrement

        match certificate.MinEigenvalue with
        | Some value -> number json "minEigenvalue" value
        | None -> json.WriteNull "minEigenvalue"

        match certificate.MonteCarlo with
        | None -> ()
        | Some error ->
            json.WriteStartObject "monteCarlo"
            json.WriteNumber("probes", error.Probes)
            number json "criterion" error.Criterion
            number json "gradient" error.Gradient
            number json "share" error.Share
            json.WriteBoolean("isExactAtEstimates", error.Exact.IsSome)
            json.WriteEndObject()

        json.WriteNumber("starts", certificate.Search.Starts)
        json.WriteNumber("endedHere", certificate.Search.EndedHere)
        json.WriteNumber("descents", certificate.Search.Descents)

        match certificate.Search.NextBest with
        | Some above -> number json "nextBest" above
        | None -> json.WriteNull "nextBest"

        json.WriteEndObject()

    let internal criterionName criterion =
        match criterion with
        | Criterion.Reml -> "REML"
        | Criterion.Ml -> "ML"

    let private seconds (json: Utf8JsonWriter) (read: TimeSpan) (timings: Timings) =
        json.WriteStartObject "seconds"
        number json "read" read.TotalSeconds
        number json "build" timings.Build.TotalSeconds
        number json "solve" timings.Solve.TotalSeconds
        json.WriteEndObject()

    /// <summary>Tests of linear functions: an object for each hypothesis, with its functions and all of them together.</summary>
    let internal hypotheses (json: Utf8JsonWriter) (tests: HypothesisTest list) =
        tests
        |> objects json "tests" (fun test ->
            test.Estimates |> objects json "functions" (tested json)
            json.WriteStartObject "joint"
            json.WriteNumber("numDF", test.Joint.NumeratorDf)
            number json "denDF" test.Joint.DenominatorDf
            number json "F" test.Joint.F
            number json "p" test.Joint.P

            test.Joint.NotTestable
            |> Option.iter (fun reason -> json.WriteString("reason", reason))

            json.WriteEndObject())

    let private write (json: Utf8JsonWriter) (read: TimeSpan) (fit: Fit) (inference: Inference option) robust tests =
        json.WriteStartObject()
        json.WriteString("formula", Formula.print fit.Spec)
        json.WriteString("method", criterionName fit.Criterion)
        json.WriteNumber("n", fit.Observations)
        json.WriteNumber("p", fit.FixedCount)
        json.WriteNumber("q", fit.RandomCount)
        number json "criterion" fit.CriterionValue
        number json "logLik" fit.LogLikelihood
        json.WriteNumber("df", fit.DegreesOfFreedom)
        number json "aic" fit.InformationCriteria.Aic
        number json "bic" fit.InformationCriteria.Bic
        number json "sigma" fit.Sigma

        let errors =
            match robust with
            | None -> []
            | Some robust -> RobustCovariance.coefficients 0.95 robust

        /// The object of a coefficient, with its robust error where there is one.
        let extended write index item =
            write item
            errors |> List.tryItem index |> Option.iter (robustOf json)

        let coefficients write items =
            items
            |> List.indexed
            |> objects json "fixef" (fun (index, item) -> extended write index item)

        match inference with
        | None -> fit.Coefficients |> coefficients (coefficient json)
        | Some inference ->
            json.WriteString("ddf", DegreesOfFreedomMethod.describe inference.Method)
            Inference.coefficients 0.95 inference |> coefficients (tested json)

        match robust with
        | None -> ()
        | Some robust ->
            json.WriteStartObject "robust"
            json.WriteString("kind", RobustKind.name robust.Kind)
            json.WriteString("cluster", robust.Clusters)
            json.WriteNumber("clusters", robust.ClusterCount)
            json.WriteEndObject()

        if not (List.isEmpty tests) then
            hypotheses json tests

        fit.VarianceComponents |> objects json "varcorr" (component' json)
        covarianceParameters json fit
        texts json "dropped" fit.Dropped
        json.WriteBoolean("singular", fit.Certificate.IsSingular)

        if not (Design.notes fit.Design).IsEmpty then
            texts json "notes" (Design.notes fit.Design)

        certificate json fit.Certificate
        json.WriteNumber("iterations", (List.last fit.Iterations).Number)
        seconds json read fit.Timings
        json.WriteEndObject()

    // The text goes to a terminal or a file, never into a web page: names stay readable.
    let internal options =
        JsonWriterOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

    let private line read fit inference robust tests =
        use buffer = new MemoryStream()

        using (new Utf8JsonWriter(buffer, options)) (fun json -> write json read fit inference robust tests)

        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)

    /// <summary>The fit as one line of JSON.</summary>
    /// <param name="read">How long reading the data took.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>Estimates, criteria and certificate; numbers in full, so that they read back as the same doubles, and
    /// null where a number is not finite. The object's keys do not depend on the model, but for <c>names</c> or
    /// <c>reason</c> of a verdict that has them.</returns>
    let render (read: TimeSpan) (fit: Fit) : string = line read fit None None []

    /// <summary>As <c>render</c>, each fixed effect with df, p and the ends of its 95 % interval, and the method under
    /// <c>ddf</c>.</summary>
    let renderTested (read: TimeSpan) (inference: Inference) : string =
        line read inference.Fit (Some inference) None []

    /// <summary>As <c>render</c> or <c>renderTested</c>, each fixed effect with <c>seRobust</c>, <c>dfRobust</c> and <c>pRobust</c>, and
    /// kind and clusters under <c>robust</c>.</summary>
    let renderRobust (read: TimeSpan) (inference: Inference option) (robust: RobustCovariance) : string =
        line read robust.Fit inference (Some robust) []

    /// <summary>As <c>renderTested</c>, with robust errors where there are some, and linear functions under <c>tests</c>.</summary>
    let renderHypotheses (read: TimeSpan) (inference: Inference) robust (tests: HypothesisTest list) : string =
        line read inference.Fit (Some inference) robust tests
