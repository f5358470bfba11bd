namespace LmmFunctional.Saving

open System
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Security.Cryptography
open System.Text
open System.Text.Json
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>What a file of a saved model has.</summary>
[<NoComparison; ReferenceEquality>]
type internal SavedModel = {
    Formula: string
    Options: FitOptions
    Data: Frame
    /// −2 log likelihood when it was saved.
    Criterion: float
}

/// <summary>Saved models: one JSON object of formula, options, the model's columns of the data, and estimates.</summary>
/// <remarks>Whoever opens it fits the same model to the same data again, which gives the same bits on the same machine; the
/// estimates in the file tell other programs, and whether they came out as they were. SHA-256 of the model's text tells whether the
/// file is whole.</remarks>
[<RequireQualifiedAccess>]
module internal SavedModel =

    let private format = "LmmFunctional model"

    // Files of a later version may mean something else.
    let private version = 1

    // A criterion that differs by more is not that of another processor.
    let private agreeing = 1e-6

    let private library =
        match Assembly.GetExecutingAssembly().GetName().Version with
        | null -> ""
        | version -> version.ToString 3

    let private written (write: Utf8JsonWriter -> unit) =
        use stream = new MemoryStream()

        do
            use json =
                new Utf8JsonWriter(
                    stream,
                    JsonWriterOptions(Encoder = Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
                )

            json.WriteStartObject()
            write json
            json.WriteEndObject()

        Encoding.UTF8.GetString(stream.ToArray())

    let private fingerprint (text: string) =
        text |> Encoding.UTF8.GetBytes |> SHA256.HashData |> Convert.ToHexStringLower

    let private writeEstimates (json: Utf8JsonWriter) (fit: Fit) =
        SavedValues.writeFloat json "criterion" fit.CriterionValue

        SavedValues.writeObject json "fixedEffects" (fun () ->
            for own in fit.Coefficients do
                SavedValues.writeFloat json own.Name own.Estimate)

        SavedValues.writeObject json "covariance" (fun () ->
            for own in fit.VarianceComponents do
                let name =
                    own.Group :: Option.toList own.First @ Option.toList own.Second
                    |> String.concat "."

                SavedValues.writeFloat json name own.Covariance

            for own in fit.CovarianceParameters do
                SavedValues.writeFloat json $"{own.Group}.{own.Name}" own.Estimate)

    let private writeModel (fit: Fit) (options: FitOptions) (json: Utf8JsonWriter) =
        let frame = fit.Design.Schema.Frame

        let used =
            Columns.used frame (Columns.expandDots frame fit.Spec)
            @ Option.toList fit.Spec.Weights
            |> HashSet

        json.WriteString("formula", Formula.print fit.Spec)
        SavedValues.writeObject json "options" (fun () -> SavedOptions.write json options)
        SavedValues.writeObject json "data" (fun () -> SavedFrame.write json used.Contains frame)
        SavedValues.writeObject json "estimates" (fun () -> writeEstimates json fit)

    /// <summary>The text of a fit's file.</summary>
    /// <returns>The text; or that the fit is a refit without options of its own.</returns>
    let write (fit: Fit) : Result<string, LmmError list> =
        match fit.Asked with
        | _ when fit.Design.Sums.IsSome -> Error [ LmmError.FitOfSums "A saved model" ]
        | None -> Error [ LmmError.RefitNotSaved ]
        | Some options ->
            let model = written (writeModel fit options)

            written (fun json ->
                json.WriteString("format", format)
                json.WriteNumber("version", version)
                json.WriteString("library", library)
                json.WriteString("sha256", fingerprint model)
                json.WritePropertyName "model"
                json.WriteRawValue model)
            |> Ok

    let private readModel (element: JsonElement) = {
        Formula = SavedValues.readText "formula" element
        Options = SavedOptions.read (element.GetProperty "options")
        Data = SavedFrame.read (element.GetProperty "data")
        Criterion = SavedValues.readFloat "criterion" (element.GetProperty "estimates")
    }

    let private ofDocument source (root: JsonElement) =
        let tryText (name: string) =
            match root.TryGetProperty name with
            | true, value when value.ValueKind = JsonValueKind.String -> Some(SavedValues.text value)
            | _ -> None

        if root.ValueKind <> JsonValueKind.Object || tryText "format" <> Some format then
            Error [ LmmError.NoSavedModel source ]
        else
            let own = root.GetProperty("version").GetInt32()
            let model = root.GetProperty "model"

            if own > version then
                Error [ LmmError.NewerSavedModel(source, own, version) ]
            elif tryText "sha256" <> Some(fingerprint (model.GetRawText())) then
                Error [ LmmError.DamagedSavedModel(source, "its text is not the one that was saved") ]
            else
                Ok(readModel model)

    /// <summary>What a file's text has.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <returns>The model; or: the text is no saved model, is of a later version, or is damaged.</returns>
    let read (source: string) (text: string) : Result<SavedModel, LmmError list> =
        try
            use document = JsonDocument.Parse text
            ofDocument source document.RootElement
        with
        | :? JsonException when not (text.Contains format) -> Error [ LmmError.NoSavedModel source ]
        | :? JsonException
        | :? KeyNotFoundException
        | :? InvalidOperationException
        | :? FormatException
        | :? IndexOutOfRangeException
        | :? ArgumentException as problem -> Error [ LmmError.DamagedSavedModel(source, problem.Message) ]

    /// Whether a fit came out as it was saved; its criterion may be infinite.
    let check (source: string) (saved: SavedModel) (fit: Fit) : Result<Fit, LmmError list> =
        let found = fit.CriterionValue

        if
            found = saved.Criterion
            || abs (found - saved.Criterion) <= agreeing * max 1.0 (abs saved.Criterion)
        then
            Ok fit
        else
            Error [ LmmError.SavedModelDiffers(source, saved.Criterion, found) ]
