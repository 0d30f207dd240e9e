module go-event

go 1.25
