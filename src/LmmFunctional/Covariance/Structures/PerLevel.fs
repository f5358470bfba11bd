namespace LmmFunctional.Estimation

/// <summary>A form with parameters of its own for each level of a factor, among them a standard deviation relative to the
/// first level's.</summary>
/// <remarks>Position i of level g is i + m g, m positions in each; different levels are uncorrelated.</remarks>
[<RequireQualifiedAccess>]
module internal PerLevel =

    /// One form on m positions, for each of these levels.
    let create (levels: string[]) m (form: CovarianceForm) =
        let own = CovarianceForm.count form

        /// Parameters of level g: its relative standard deviation if it is not the first, then the form's own.
        let parts (parameters: 'a[]) =
            levels
            |> Array.mapi (fun g _ ->
                let start = if g = 0 then 0 else own + (g - 1) * (own + 1)
                let sd = if g = 0 then None else Some parameters[start]
                sd, Array.sub parameters (if g = 0 then start else start + 1) own)

        let forEach head body =
            levels
            |> Array.mapi (fun g level ->
                if g = 0 then
                    body level
                else
                    Array.append [| head level |] (body level))
            |> Array.concat

        {
            Names =
                forEach (fun level -> $"sd({level})") (fun level ->
                    form.Names |> Array.map (fun name -> $"{level}: {name}"))
            Kinds = forEach (fun _ -> ParameterKind.StandardDeviation) (fun _ -> form.Kinds)
            Ends =
                forEach (fun level -> ParameterEnds.positive $"sd({level})") (fun level ->
                    form.Ends |> ParameterEnds.rename (fun name -> $"{level}: {name}"))
            Start = forEach (fun _ -> 0.0) (fun _ -> form.Start)
            FurtherStarts =
                form.FurtherStarts
                |> Array.map (fun own -> forEach (fun _ -> 0.0) (fun _ -> own))
            Natural =
                fun tau ->
                    parts tau
                    |> Array.collect (fun (sd, tau) ->
                        Array.append (sd |> Option.map Unconstrained.positive |> Option.toArray) (form.Natural tau))
            Unconstrained =
                fun natural ->
                    let taus =
                        parts natural
                        |> Array.map (fun (sd, natural) ->
                            let sd =
                                sd |> Option.map Unconstrained.ofPositive |> Option.toArray |> Unconstrained.all

                            Option.map2 Array.append sd (form.Unconstrained natural))

                    if taus |> Array.forall Option.isSome then
                        Some(taus |> Array.collect Option.get)
                    else
                        None
            Element =
                fun tau ->
                    let parts =
                        parts tau
                        |> Array.map (fun (sd, tau) ->
                            sd |> Option.map (Jet.scale 2.0 >> Unconstrained.positive), form.Element tau)

                    fun i j ->
                        if i / m <> j / m then
                            Jet.zero
                        else
                            match parts[i / m] with
                            | None, element -> element (i % m) (j % m)
                            | Some variance, element -> variance *. element (i % m) (j % m)
            HasEqualVariances = form.HasEqualVariances && levels.Length = 1
        }
